/** Runs `policy add` for a recipe over combinations: a rule of `flow`, which holds for every agent. */
import { editList } from '../config/edit-list.ts';
import type { RulesEditor } from '../config/edit-rules.ts';
import { insertMember } from '../config/insert-member.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import { compileFlow } from '../policy/flow.ts';
import type { FlowRule, PolicyRules } from '../policy/rules-data.ts';
import { say } from './output.ts';
import { knownTools } from './policy-files.ts';
import { printDiff, readChange, settle, settleJson } from './rules-change.ts';

interface FlowOptions {
  readonly recipe: string;
  readonly rule: FlowRule;
  readonly write: boolean;
  readonly live: boolean;
  readonly json: boolean;
}

/** @throws GatewayError CONFIG_INVALID, CANNOT_WRITE */
export async function addFlow(
  settings: Settings,
  editor: RulesEditor,
  { recipe, rule, write, live, json }: FlowOptions,
): Promise<void> {
  const rules = editor.rules.rules ?? { agents: {} };
  const change = await readChange(editor, withRule(editor.text, rules, rule));
  const tools = await knownTools(settings, [rules], live);
  const labels = compileFlow(change.rules);
  const unlabelled = [...tools].flatMap(([server, names = []]) =>
    [undefined, ...names].some((name) => labels?.labelsOf(server, name, 'tool') !== undefined) ? [] : [server],
  );
  if (json) return settleJson(editor, change, write, { recipe, unlabelled });
  if (change.isChanged) printDiff(editor, change);
  say('It holds for every agent, and counts what servers say of their tools themselves.');
  if (unlabelled.length > 0) {
    say(`Say in "labels" what these touch (docs/flow.md#labels): ${unlabelled.map((name) => quote(name)).join(', ')}.`);
  }
  await settle(editor, change, write);
}

/** The text with the rule at the end of `flow`, unless one there is as strict. */
function withRule(text: string, { flow = [] }: PolicyRules, rule: FlowRule): string {
  const isHeld = flow.some(
    ({ after, call }) => call === rule.call && after.every((label) => rule.after.includes(label)),
  );
  if (isHeld) return text;
  return flow.length === 0 ? insertMember(text, [], 'flow', [rule]) : editList(text, ['flow'], [...flow, rule]);
}
