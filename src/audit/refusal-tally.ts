/** The subjects of refusals that are counted together, within bounds: which rules refused them, and what was asked for. */
import { escapeJson } from '../observe/escape-text.ts';
import type { AuditRecord } from './audit-record.ts';

/** Rules, and things asked for, that are told apart. Who asks can invent names, but no rules: those have room of their own. */
const MAX_RULES = 24;
const MAX_CALLS = 8;
/** Characters of a name, and of the path of a rule. */
const MAX_NAME = 64;
const MAX_RULE = 160;
/** Characters of all rules, and of all calls, in the record. */
const MAX_TEXT = 1500;

/** One thing that was asked for. */
interface Asked {
  readonly operation: string;
  readonly agent: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  count: number;
}

export interface Tally {
  readonly rules: Map<string, number>;
  readonly calls: Map<string, Asked>;
}

export function createTally(): Tally {
  return { rules: new Map(), calls: new Map() };
}

export function addTo({ rules, calls }: Tally, record: AuditRecord): void {
  const { rule, operation, server, tool } = record;
  if (rule !== null) add(rules, rule.slice(0, MAX_RULE), 1, MAX_RULES);
  const agent = record.claimed_agent ?? record.agent_id;
  const key = JSON.stringify([operation, agent, server, tool].map(short));
  const known = calls.get(key);
  if (known !== undefined) known.count++;
  else if (calls.size < MAX_CALLS) {
    const names = { agent: short(agent), server: short(server), tool: short(tool) };
    calls.set(key, { operation: operation.slice(0, MAX_NAME), ...names, count: 1 });
  }
}

/** Adds what was counted later. */
export function addTally(tally: Tally, newer: Tally): void {
  for (const [rule, count] of newer.rules) add(tally.rules, rule, count, MAX_RULES);
  for (const [key, asked] of newer.calls) {
    const known = tally.calls.get(key);
    if (known !== undefined) known.count += asked.count;
    else if (tally.calls.size < MAX_CALLS) tally.calls.set(key, asked);
  }
}

/** For the `detail` of a record: the most frequent first, as many as have room. */
export function tallyDetail({ rules, calls }: Tally): { rules: Record<string, number>; calls: readonly Asked[] } {
  const byCount = [...rules].sort(([, one], [, other]) => other - one);
  const asked = [...calls.values()].sort((one, other) => other.count - one.count);
  return { rules: Object.fromEntries(fitting(byCount)), calls: fitting(asked) };
}

function add(counts: Map<string, number>, key: string, count: number, max: number): void {
  const before = counts.get(key);
  if (before !== undefined || counts.size < max) counts.set(key, (before ?? 0) + count);
}

/** The first ones that have room together. */
function fitting<T>(values: readonly T[]): T[] {
  let room = MAX_TEXT;
  return values.filter((value) => {
    room -= escapeJson(JSON.stringify(value)).length;
    return room >= 0;
  });
}

function short(name: string | null): string | null {
  return name === null ? null : name.slice(0, MAX_NAME);
}
