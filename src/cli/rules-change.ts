/** A change of the rules file: shown as a diff, and written only where that was asked for. */
import type { RulesEditor } from '../config/edit-rules.ts';
import { compile, type ExplainablePolicy } from '../policy/compile-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import { lineDiff } from './line-diff.ts';
import { print, printJson, say } from './output.ts';

export interface RulesChange {
  readonly text: string;
  readonly rules: PolicyRules;
  readonly policy: ExplainablePolicy;
  readonly isChanged: boolean;
}

/** Reads a changed text back. @throws GatewayError CONFIG_INVALID where it is not valid */
export async function readChange(editor: RulesEditor, text: string): Promise<RulesChange> {
  const { rules } = await editor.check(text);
  if (rules === undefined) throw new GatewayError('CONFIG_INVALID', `${editor.path} could not be changed.`);
  return { text, rules, policy: compile(rules), isChanged: text !== editor.text };
}

/** The diff, as lines of text. */
function diffText(editor: RulesEditor, { text }: RulesChange): string {
  return lineDiff(editor.text, text)
    .map(({ sign, text: line }) => `${sign === '@' ? '' : sign}${line}\n`)
    .join('');
}

/** Prints the diff, in colours where there are some. */
export function printDiff(editor: RulesEditor, { text }: RulesChange): void {
  print({ style: '1', text: `--- ${editor.path}` });
  print({ style: '1', text: `+++ ${editor.path} (new)` });
  for (const { sign, text: line } of lineDiff(editor.text, text)) {
    // A tab would be shown as its escape.
    const shown = (sign === '@' ? '' : sign) + line.replaceAll('\t', '    ');
    print({ style: STYLES[sign], text: shown });
  }
}

const STYLES = { ' ': '0', '-': '31', '+': '32', '@': '36' } as const;

/** The same as JSON, with what else the command has to say. @throws GatewayError CONFIG_INVALID, CANNOT_WRITE */
export async function settleJson(
  editor: RulesEditor,
  change: RulesChange,
  write: boolean,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  const written = write && change.isChanged;
  if (written) await editor.write(change.text);
  printJson({ rules: editor.path, ...more, changed: change.isChanged, diff: diffText(editor, change), written });
}

/** Writes the change where asked to, and says what was done. @throws GatewayError CONFIG_INVALID, CANNOT_WRITE */
export async function settle(editor: RulesEditor, change: RulesChange, write: boolean): Promise<void> {
  if (!change.isChanged) return say('Nothing to change: the rules say that already.');
  if (!write) return say(`Nothing was written. Add --write to write ${editor.path}.`);
  await editor.write(change.text);
  say(`Wrote ${editor.path}; running gateways use it in a moment.`);
}
