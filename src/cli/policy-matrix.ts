/** Runs `policy matrix`: agents, servers and tools in one table. */
import { didYouMean } from '../catalog/name-suggestions.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import { type AccessMatrix, accessMatrix } from '../policy/authoring/access-matrix.ts';
import { type HeldCall, heldCalls } from '../policy/authoring/flow-outcomes.ts';
import { matrixCsv } from '../policy/authoring/matrix-csv.ts';
import { matrixPage } from '../policy/authoring/matrix-page.ts';
import { compile } from '../policy/compile-rules.ts';
import { GatewayError } from '../shared/errors.ts';
import { carriedWords } from './carried-words.ts';
import { print, printJson, printText, say } from './output.ts';
import { flowPolicy, knownTools, parseFile, readFiles, rulesOf, withKnownAccess } from './policy-files.ts';
import { table } from './table.ts';

interface MatrixOptions {
  readonly agent: string | undefined;
  readonly form: 'text' | 'json' | 'csv' | 'html';
  readonly live: boolean;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, USAGE */
export async function matrixCommand(settings: Settings, { agent, form, live }: MatrixOptions): Promise<void> {
  const files = await readFiles(settings);
  const rules = await rulesOf(parseFile(files.rules));
  const policy = await withKnownAccess(settings, compile(rules));
  if (agent !== undefined && !policy.hasAgent(agent)) {
    throw new GatewayError('USAGE', `The rules have no agent ${quote(agent)}.${didYouMean(agent, policy.agents)}`);
  }
  const tools = await knownTools(settings, [rules], live);
  const matrix = accessMatrix(policy, agent === undefined ? policy.agents : [agent], tools);
  const held = heldCalls(await flowPolicy(settings, rules), tools);
  switch (form) {
    case 'json':
      return printJson({ ...matrix, flow: held });
    case 'csv':
      return printText(matrixCsv(matrix));
    case 'html':
      return printText(matrixPage(matrix, { held, rules: files.rules.path, at: new Date().toISOString() }));
    case 'text':
      printTable(matrix);
      return printHeld(held);
  }
}

/** The tools that rules over combinations hold up, for every agent. */
function printHeld(held: readonly HeldCall[]): void {
  if (held.length === 0) return;
  print('');
  print({ style: '1', text: 'Combinations' });
  for (const line of table(
    held.map((one) => [carriedWords(one), one.server, one.tool ?? '(server)', WORDS[one.outcome], one.rule]),
  ))
    print(line);
}

const WORDS = { ALLOW: 'yes', ASK: 'ask', DEPENDS: 'dep', DENY: 'no', SHADOW: 'no*' } as const;

/** Cells have the number of their rule, which is listed below. */
function printTable({ agents, rows, shadow }: AccessMatrix): void {
  const numbers = new Map<string, number>();
  const numberOf = (rule: string): number => {
    const number = numbers.get(rule) ?? numbers.size + 1;
    numbers.set(rule, number);
    return number;
  };
  const lines = rows.map(({ server, tool, cells }) => [
    tool === null ? server : `  ${tool}`,
    ...cells.map(({ outcome, rule }) => `${WORDS[outcome]} ${numberOf(rule)}`),
  ]);
  const [head = '', ...rest] = table([['', ...agents], ...lines]);
  print({ style: '1', text: head });
  for (const line of rest) print(line);
  if (numbers.size > 0) print('');
  for (const line of table([...numbers].map(([rule, number]) => [String(number), rule]))) print(line);
  if (shadow.length > 0)
    say(`* denied or asked about by the rules, and not enforced: ${shadow.join(', ')} in shadow mode.`);
}
