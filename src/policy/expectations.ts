/**
 * Expectations about rules, as people keep them next to their rules file and run them in CI:
 * `[{"rules": …, "checks": [["agent", "server", "tool" or null, true, false or "ask", arguments]]}]`. Without `rules`, an entry is about the
 * configured ones.
 */
import { CallArguments, isObject } from './arguments/call-arguments.ts';
import { ANY_CALL } from './authoring/changed-decisions.ts';
import type { Policy } from './compile-rules.ts';
import type { CallFacts, Decision, Effect } from './rules-data.ts';

/** One expected decision; `tool` null asks about the server as such. */
export interface Check {
  readonly agent: string;
  readonly server: string;
  readonly tool: string | null;
  readonly effect: Effect;
  /** Arguments of a call, JSON; undefined for a call with any. */
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface ExpectationEntry {
  /** As it stands in the file, not validated; undefined where the entry is about the configured rules. */
  readonly rules: unknown;
  readonly checks: readonly Check[];
}

/** A mistake in the file; the path leads there from its root. */
interface ExpectationProblem {
  readonly path: readonly (string | number)[];
  /** A sentence without full stop. */
  readonly message: string;
  readonly fix: string;
}

interface ParsedExpectations {
  readonly entries: readonly ExpectationEntry[];
  /** Empty where every entry could be read. */
  readonly problems: readonly ExpectationProblem[];
}

/** A check that the rules do not fulfil. */
export interface Mismatch {
  /** Indices into the file, from 0. */
  readonly entry: number;
  readonly check: number;
  readonly expected: Check;
  readonly actual: Decision;
}

/** The expected decisions in a file: allowed without asking anybody, denied, or asked about. */
const EFFECTS: ReadonlyMap<unknown, Effect> = new Map<unknown, Effect>([
  [true, 'allow'],
  [false, 'deny'],
  ['ask', 'ask'],
]);

const EXAMPLE = 'Write it like [{"checks": [["researcher", "brave-search", "brave_web_search", true]]}]';

/** Reads the JSON value of an expectations file; objects in it may be `Map`s. Never throws. */
export function parseExpectations(value: unknown): ParsedExpectations {
  const problems: ExpectationProblem[] = [];
  if (!Array.isArray(value)) {
    return { entries: [], problems: [{ path: [], message: 'The file must be a list of entries', fix: EXAMPLE }] };
  }
  const entries = value.map((entry: unknown, index) => parseEntry(entry, index, problems));
  if (problems.length === 0 && entries.every(({ checks }) => checks.length === 0)) {
    problems.push({ path: [], message: 'The file has no check, so nothing was tested', fix: EXAMPLE });
  }
  return { entries, problems };
}

function parseEntry(entry: unknown, index: number, problems: ExpectationProblem[]): ExpectationEntry {
  const members = membersOf(entry);
  const checks = members.get('checks');
  if (!Array.isArray(checks)) {
    problems.push({ path: [index], message: 'An entry must be an object with a list "checks"', fix: EXAMPLE });
  }
  for (const key of members.keys()) {
    if (key === 'rules' || key === 'checks') continue;
    const message = `An entry has no key ${JSON.stringify(key)}`;
    problems.push({ path: [index, String(key)], message, fix: 'Known keys here: rules, checks' });
  }
  const parsed: Check[] = [];
  for (const [at, item] of (Array.isArray(checks) ? checks : []).entries()) {
    const check = parseCheck(item);
    if (check !== undefined) parsed.push(check);
    else {
      const message =
        'A check must be [agent, server, tool or null, true, false or "ask"], with an object of arguments behind it where it is about a call';
      problems.push({ path: [index, 'checks', at], message, fix: EXAMPLE });
    }
  }
  return { rules: members.get('rules'), checks: parsed };
}

function membersOf(entry: unknown): ReadonlyMap<unknown, unknown> {
  if (entry instanceof Map) return entry;
  return new Map(typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.entries(entry) : []);
}

function parseCheck(check: unknown): Check | undefined {
  if (!Array.isArray(check) || check.length < 4 || check.length > 5) return undefined;
  const [agent, server, tool, expected, given]: unknown[] = check;
  const effect = EFFECTS.get(expected);
  if (typeof agent !== 'string' || typeof server !== 'string' || effect === undefined) return undefined;
  if (check.length === 4)
    return tool === null || typeof tool === 'string' ? { agent, server, tool, effect } : undefined;
  const args = plain(given);
  return typeof tool === 'string' && isObject(args) ? { agent, server, tool, effect, args } : undefined;
}

/** With objects in the place of maps. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, member] of value) object[String(key)] = plain(member);
  return object;
}

/** Takes every decision, as the rules say it, and returns those that differ from what is expected, in the order of the file. */
export function runExpectations(
  entries: readonly { readonly policy: Policy; readonly checks: readonly Check[] }[],
): Mismatch[] {
  return entries.flatMap(({ policy, checks }, entry) =>
    checks.flatMap((expected, check) => {
      const actual = judged(policy, expected);
      return actual.effect === expected.effect ? [] : [{ entry, check, expected, actual }];
    }),
  );
}

/** Without arguments, a check is about every call: what is not so for all of them is what it is at worst. */
function judged(policy: Policy, { agent, server, tool, effect, args }: Check): Decision {
  const about = (facts: CallFacts): Decision =>
    policy.judge(agent, server, tool ?? undefined, 'tool', { now: Date.now(), ...facts });
  if (args !== undefined) return about({ args: new CallArguments(JSON.stringify(args)), access: 'any' });
  // An expected denial must hold with any arguments.
  return about(effect === 'deny' ? ANY_CALL : { access: 'any' });
}
