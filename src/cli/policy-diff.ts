/** Runs `policy diff`: which decisions change between two rules files, over the known tools and over past calls. */

import { resolve } from 'node:path';
import process from 'node:process';
import type { PastCall } from '../audit/past-calls.ts';
import { readConfigFile } from '../config/config-files.ts';
import type { Settings } from '../config/settings.ts';
import {
  type ChangedDecision,
  changedDecisions,
  type DecidedCase,
  type Outcomes,
  questionsAbout,
} from '../policy/authoring/changed-decisions.ts';
import { type ChangedFlow, changedFlow } from '../policy/authoring/flow-outcomes.ts';
import { compile } from '../policy/compile-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { carriedWords } from './carried-words.ts';
import { count } from './count.ts';
import { print, printJson, say } from './output.ts';
import { readLog } from './past-log.ts';
import { flowPolicy, knownTools, parseFile, rulesOf, withKnownAccess } from './policy-files.ts';
import { table } from './table.ts';

interface DiffOptions {
  readonly before: string;
  readonly after: string;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  /** True if somebody named the audit log. */
  readonly hasLog: boolean;
  readonly live: boolean;
  readonly json: boolean;
}

/** Prints what changes; the exit status is 3 then. @throws GatewayError CONFIG_INVALID, USAGE */
export async function diffCommand(settings: Settings, options: DiffOptions): Promise<void> {
  const path = (file: string): string => resolve(settings.cwd, file);
  const [one, other] = await Promise.all([options.before, options.after].map((file) => readConfigFile(path(file))));
  if (one === undefined || other === undefined) return;
  const [old, now] = [await rulesOf(parseFile(one)), await rulesOf(parseFile(other))];
  const known = (rules: PolicyRules) => withKnownAccess(settings, compile(rules));
  const [before, after] = [await known(old), await known(now)];
  const named = { ...settings, rules: { path: other.path, source: 'NEW' } };
  const tools = await knownTools(named, [old, now], options.live);
  const agents = new Set([...before.agents, ...after.agents]);
  const overTools = changedDecisions(before, after, questionsAbout(agents, tools));
  const past = pastCalls(settings, options.since, options.hasLog);
  const overCalls = changedDecisions(before, after, past ?? []);
  const flow = changedFlow(await flowPolicy(settings, old), await flowPolicy(settings, now), tools);
  const total = overTools.length + overCalls.length + flow.stops.length + flow.labels.length;
  if (total > 0) process.exitCode = CHANGED;
  if (options.json) {
    return printJson({
      before: one.path,
      after: other.path,
      servers: tools.size,
      tools: overTools.map(changeJson),
      flow: { stops: flow.stops, labels: flow.labels },
      calls: past === undefined ? null : overCalls.map((change) => ({ ...changeJson(change), calls: callsOf(change) })),
    });
  }
  printTools(overTools, tools.size);
  printFlow(flow);
  if (past === undefined) say(`Note: there is no audit log ${settings.auditLog}, so past calls were not compared.`);
  else printCalls(overCalls, past.length);
}

/** Nothing where neither file speaks of combinations, or both say the same. */
function printFlow({ stops, labels }: ChangedFlow): void {
  if (labels.length > 0) print('Labels:');
  for (const line of table(
    labels.map(({ server, tool, before, after }) => [
      server,
      tool ?? '(server)',
      `${wordsOf(before)} -> ${wordsOf(after)}`,
    ]),
  ))
    print(`  ${line}`);
  if (stops.length > 0) print('Combinations:');
  for (const line of table(
    stops.map(({ server, tool, before, after, ...carried }) => [
      carriedWords(carried),
      server,
      tool ?? '(server)',
      `${before.outcome} -> ${after.outcome}`,
      (after.outcome === 'ALLOW' ? before : after).rule,
    ]),
  ))
    print(`  ${line}`);
}

function wordsOf(labels: readonly string[]): string {
  return labels.length === 0 ? 'none' : labels.join(', ');
}

/** Exit status where a decision changes. */
const CHANGED = 3;

/** Undefined where nothing was ever recorded. @param mustBe whether somebody named the log */
function pastCalls(
  { auditLog }: Settings,
  since: number | undefined,
  mustBe: boolean,
): readonly PastCall[] | undefined {
  try {
    return readLog(auditLog, { since }).calls;
  } catch (error) {
    if (mustBe) throw error;
    return undefined;
  }
}

function printTools(changes: readonly ChangedDecision[], servers: number): void {
  for (const line of table(changes.map((change) => [...nameCells(change), ...outcomeCells(change)]))) print(line);
  print(
    `Over ${count(servers, 'server')} and what is known of their tools: ${count(changes.length, 'decision')} would change.`,
  );
}

function printCalls(changes: readonly ChangedDecision<PastCall>[], different: number): void {
  if (changes.length > 0) print('Past calls:');
  for (const line of table(
    changes.map((change) => [...nameCells(change), count(callsOf(change), 'call'), ...outcomeCells(change)]),
  ))
    print(`  ${line}`);
  const calls = changes.reduce((sum, change) => sum + callsOf(change), 0);
  print(`Over past calls for ${count(different, 'thing')}: ${count(calls, 'call')} would be decided otherwise.`);
}

function nameCells({ question: { agent, server, name, kind } }: ChangedDecision): string[] {
  return [agent, server, name === undefined ? '(server)' : kind === 'tool' ? name : `${kind} ${name}`];
}

function outcomeCells({ before, after }: ChangedDecision): string[] {
  return [`${before.outcome} -> ${after.outcome}`, `${before.rule} -> ${after.rule}`];
}

function callsOf({ question: { allowed, denied } }: ChangedDecision<PastCall>): number {
  return allowed + denied;
}

interface ChangeJson extends Omit<DecidedCase, 'name'> {
  readonly name: string | null;
  readonly before: Outcomes;
  readonly after: Outcomes;
}

function changeJson({ question: { agent, server, name, kind }, before, after }: ChangedDecision): ChangeJson {
  return { agent, server, kind, name: name ?? null, before, after };
}
