/**
 * Expectations about rules, as people keep them next to their rules file and run them in CI:
 * `[{"rules": …, "checks": [["agent", "server", "tool" or null, true or false]]}]`. Without `rules`, an entry is about the
 * configured ones.
 */
import { GatewayError } from '../shared/errors.ts';
import { compile, type Policy } from './compile.ts';
import type { Decision, PolicyRules } from './rules.ts';

/** One expected decision; `tool` null asks about the server as such. */
export interface Check {
  readonly agent: string;
  readonly server: string;
  readonly tool: string | null;
  readonly allowed: boolean;
}

export interface ExpectationGroup {
  /** Undefined: the configured rules. */
  readonly rules: PolicyRules | undefined;
  readonly checks: readonly Check[];
}

/** A check that the rules do not fulfil. */
export interface Mismatch {
  /** Indices into the file, from 0. */
  readonly group: number;
  readonly check: number;
  readonly expected: Check;
  readonly actual: Decision;
}

export interface ExpectationResult {
  readonly total: number;
  readonly mismatches: readonly Mismatch[];
}

/**
 * Reads the content of an expectations file.
 * @param value the JSON value; objects may be `Map`s.
 * @param readRules validates the `rules` of entry `index` and throws where they are wrong.
 * @throws GatewayError CONFIG_INVALID naming entry and check, both counted from 1.
 */
export function parseExpectations(
  value: unknown,
  readRules: (rules: unknown, index: number) => PolicyRules,
): ExpectationGroup[] {
  if (!Array.isArray(value)) throw invalid('The file must be a list of entries', EXAMPLE);
  return value.map((entry: unknown, index) => {
    const fields = fieldsOf(entry);
    const checks = fields?.get('checks');
    if (fields === undefined || !Array.isArray(checks)) {
      throw invalid(`Entry ${index + 1} must be an object with a list "checks"`, EXAMPLE);
    }
    for (const key of fields.keys()) {
      if (key !== 'rules' && key !== 'checks') {
        throw invalid(`Entry ${index + 1} has an unknown key ${JSON.stringify(key)}`, 'Known keys: rules, checks.');
      }
    }
    const rules = fields.get('rules');
    return {
      rules: rules === undefined ? undefined : readRules(rules, index),
      checks: checks.map((check: unknown, at) => parseCheck(check, `Check ${at + 1} of entry ${index + 1}`)),
    };
  });
}

const EXAMPLE = 'Example: [{"checks": [["researcher", "brave-search", "brave_web_search", true]]}].';

function fieldsOf(entry: unknown): ReadonlyMap<unknown, unknown> | undefined {
  if (entry instanceof Map) return entry;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  return new Map(Object.entries(entry));
}

function parseCheck(check: unknown, name: string): Check {
  if (Array.isArray(check) && check.length === 4) {
    const [agent, server, tool, allowed]: unknown[] = check;
    const named = typeof agent === 'string' && typeof server === 'string';
    if (named && (tool === null || typeof tool === 'string') && typeof allowed === 'boolean') {
      return { agent, server, tool, allowed };
    }
  }
  throw invalid(`${name} must be [agent, server, tool or null, true or false]`, EXAMPLE);
}

function invalid(problem: string, fix: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `${problem}. ${fix}`);
}

/**
 * Takes every decision and reports those that differ.
 * @param configured decides for entries without rules of their own.
 * @throws GatewayError CONFIG_INVALID where such an entry meets no configured rules.
 */
export function runExpectations(groups: readonly ExpectationGroup[], configured?: Policy): ExpectationResult {
  const mismatches: Mismatch[] = [];
  let total = 0;
  for (const [group, { rules, checks }] of groups.entries()) {
    const policy = rules === undefined ? configured : compile(rules);
    if (policy === undefined) {
      throw invalid(`Entry ${group + 1} has no "rules"`, 'Add them, or name the rules file with --rules.');
    }
    total += checks.length;
    for (const [check, expected] of checks.entries()) {
      const actual = policy.decide(expected.agent, expected.server, expected.tool ?? undefined);
      if (actual.allowed !== expected.allowed) mismatches.push({ group, check, expected, actual });
    }
  }
  return { total, mismatches };
}
