/** Runs `policy learn`: the least rules that allow what the audit log says was used. */
import type { PastCall, PastCalls } from '../audit/past-calls.ts';
import { didYouMean } from '../catalog/name-suggestions.ts';
import { editAccess } from '../config/edit-access.ts';
import { openRules } from '../config/edit-rules.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import { type Learned, learnRules, type Reason } from '../policy/authoring/learned-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import { count } from './count.ts';
import { print, say } from './output.ts';
import { readLog } from './past-log.ts';
import { printDiff, type RulesChange, readChange, settle, settleJson } from './rules-change.ts';
import { table } from './table.ts';

interface LearnOptions {
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly agent: string | undefined;
  readonly minUses: number;
  readonly write: boolean;
  readonly json: boolean;
}

interface Lesson extends Learned<PastCall> {
  readonly agent: string;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, USAGE, CANNOT_WRITE */
export async function learnCommand(settings: Settings, options: LearnOptions): Promise<void> {
  const { since, agent, minUses, write, json } = options;
  const editor = await openRules(settings);
  const rules: PolicyRules = editor.rules.rules ?? { agents: {} };
  const past = inOrder(readLog(settings.auditLog, { since, agent }));
  const byAgent = grouped(past.calls);
  checkAgent(rules, byAgent, agent);
  const lessons = [...byAgent].flatMap(([name, calls]): Lesson[] => {
    const own = Object.hasOwn(rules.agents, name) ? rules.agents[name] : undefined;
    // Who is in the rules no more is added again only by name.
    return own === undefined && name !== agent ? [] : [{ agent: name, ...learnRules(own ?? {}, calls, minUses) }];
  });
  const change = await readChange(editor, lessons.reduce(learnedText, editor.text));
  checkLessons(lessons, change);
  const unused = Object.keys(rules.agents).filter((name) => (agent ?? name) === name && !byAgent.has(name));
  const gone = [...byAgent.keys()].filter((name) => !lessons.some((lesson) => lesson.agent === name));
  if (json) {
    return settleJson(editor, change, write, report(change, settings.auditLog, { lessons, past, unused, gone }));
  }
  for (const lesson of lessons) printLesson(lesson, change);
  for (const line of notes(past, unused, gone)) say(line);
  if (change.isChanged) printDiff(editor, change);
  await settle(editor, change, write);
}

/** By server, what was used most first. */
function inOrder(past: PastCalls): PastCalls {
  const order = (one: PastCall, other: PastCall): number =>
    one.server === other.server ? other.allowed - one.allowed : one.server < other.server ? -1 : 1;
  return { ...past, calls: past.calls.toSorted(order) };
}

function grouped(calls: readonly PastCall[]): Map<string, PastCall[]> {
  const groups = new Map<string, PastCall[]>();
  for (const call of calls) {
    const group = groups.get(call.agent);
    if (group === undefined) groups.set(call.agent, [call]);
    else group.push(call);
  }
  return groups;
}

function checkAgent({ agents }: PolicyRules, past: ReadonlyMap<string, unknown>, agent: string | undefined): void {
  if (agent === undefined || Object.hasOwn(agents, agent) || past.has(agent)) return;
  const meant = didYouMean(agent, [...Object.keys(agents), ...past.keys()]);
  throw new GatewayError('USAGE', `Neither the rules nor the audit log have an agent ${quote(agent)}.${meant}`);
}

/** An agent of whose calls nothing was learned keeps what it has. */
function learnedText(text: string, { agent, allow, learned }: Lesson): string {
  return learned.length === 0 ? text : editAccess(text, agent, 'allow', allow);
}

/** Reads the new rules back before they are written: every learned call must be allowed by it. */
function checkLessons(lessons: readonly Lesson[], { policy }: RulesChange): void {
  for (const { agent, learned } of lessons) {
    for (const { server, name, kind } of learned) {
      if (policy.judge(agent, server, name, kind).allowed) continue;
      throw new GatewayError('INTERNAL', `The rules of ${quote(agent)} could not be changed: nothing was written.`);
    }
  }
}

function printLesson({ agent, learned, leftOut }: Lesson, { policy }: RulesChange): void {
  const calls = learned.reduce((sum, { allowed }) => sum + allowed, 0);
  print(`${agent}: learned from ${count(calls, 'call')} of ${count(learned.length, 'thing')}`);
  for (const line of table(learned.map((use) => [...cells(use), said(use)]))) print(`  ${line}`);
  if (leftOut.length > 0) print(`${agent}: left out`);
  for (const line of table(leftOut.map(({ use, reason }) => [...cells(use), why(reason)]))) print(`  ${line}`);
  if (learned.length === 0) print(`${agent}: nothing was learned, so its rules stay as they are`);
  if (policy.isShadow(agent)) say(`Note: ${agent} is in shadow mode. Take "enforce" out once its rules are right.`);
}

function cells({ server, name, kind, allowed }: PastCall): string[] {
  return [server, name === undefined ? '(server)' : kind === 'tool' ? name : `${kind} ${name}`, count(allowed, 'call')];
}

function said({ last, shadowed }: PastCall): string {
  const until = `last ${last.slice(0, 10)}`;
  return shadowed === 0 ? until : `${until}, ${shadowed} against the rules of then (shadow mode)`;
}

function why(reason: Reason): string {
  switch (reason.kind) {
    case 'denied':
      return `denied by ${reason.rule}, which stays`;
    case 'seldom':
      return 'fewer than --min-uses';
    case 'missed':
      return 'never came to such a server or tool';
    case 'unwritable':
      return 'the name is too long for a rule';
  }
}

function notes(past: PastCalls, unused: readonly string[], gone: readonly string[]): string[] {
  return [
    `Read ${count(past.total, 'call')} in ${count(past.files, 'file')}.`,
    ...(past.cut === 0 ? [] : [`Note: ${count(past.cut, 'call')} had names that were too long for their records.`]),
    ...(past.unreadable === 0 ? [] : [`Note: ${count(past.unreadable, 'line')} could not be read.`]),
    ...(unused.length === 0 ? [] : [`Note: no calls of ${unused.join(', ')}, so their rules stay as they are.`]),
    ...(gone.length === 0
      ? []
      : [`Note: the rules have no agent ${gone.join(', ')} any more; --agent NAME would add one again.`]),
  ];
}

interface Findings {
  readonly lessons: readonly Lesson[];
  readonly past: PastCalls;
  readonly unused: readonly string[];
  readonly gone: readonly string[];
}

function report(change: RulesChange, log: string, { lessons, past, unused, gone }: Findings): Record<string, unknown> {
  const { total, unreadable, cut, files } = past;
  return {
    audit_log: log,
    calls: total,
    files,
    unreadable,
    cut,
    agents: lessons.map(({ agent, allow, learned, leftOut }) => ({
      agent,
      shadow: change.policy.isShadow(agent),
      allow,
      learned: learned.map(useJson),
      left_out: leftOut.map(({ use, reason }) => ({
        ...useJson(use),
        why: reason.kind,
        ...('rule' in reason ? { rule: reason.rule } : {}),
      })),
    })),
    agents_without_calls: unused,
    agents_not_in_rules: gone,
  };
}

function useJson({ server, name, kind, allowed, shadowed, last }: PastCall): object {
  return { server, kind, name: name ?? null, calls: allowed, shadowed, last };
}
