/** Pieces that the schemas of both files are made of. Loads zod: import it only where file-schemas.ts is imported. */

import { z } from 'zod';
import { patternProblem } from '../policy/pattern.ts';
import { parseUrl } from '../shared/parse-url.ts';
import { nearest } from './nearest-name.ts';
import { quote } from './quote-name.ts';

// A file is checked once: compiling the checks takes longer than they do.
z.config({ jitless: true });

const AGENT_ID = /^[A-Za-z0-9_.-]+$/;

/** Largest number in a file: milliseconds that a timer of Node.js can count. */
export const MAX_COUNT = 2_147_483_647;

/** A whole number of at least 1. */
export const count = z.int().min(1).max(MAX_COUNT);

/** Equal calls with equal answers in a row. */
export const loopBreaker = z.union([z.boolean(), z.int().min(2).max(1000)]).meta({
  description:
    'Stops agents that go round in circles: how often in a row the same call may have the same answer. true is 5, false any number.',
});

type Fields = Readonly<Record<string, z.ZodType>>;

/** An object with these keys and no others. The text of its error is the fix: which keys there are. */
export function strict<F extends Fields>(fields: F) {
  const known = Object.keys(fields);
  const error = (issue: { readonly code?: string; readonly keys?: readonly string[] }): string | undefined =>
    issue.code === 'unrecognized_keys' ? unknownKeyFix(issue.keys ?? [], known) : undefined;
  return z.preprocess(fromMap, z.strictObject(fields, { error }));
}

/** An object of which only these keys are checked. */
export function loose<F extends Fields>(fields: F) {
  return z.preprocess(fromMap, z.looseObject(fields));
}

/** No prototype: a key `__proto__` becomes a property like any other, and strict objects report it. */
function fromMap(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, member] of value) object[String(key)] = member;
  return object;
}

function unknownKeyFix(keys: readonly string[], known: readonly string[]): string {
  const [key] = keys;
  const similar = key === undefined ? undefined : nearest(key, known);
  const hint = similar === undefined ? '' : `Did you mean ${quote(similar)}? `;
  return `${hint}Known keys here: ${known.join(', ')}`;
}

/** A text that a check accepts: `problem` gives the end of a sentence, `fix` what to do. */
export function text(problem: (value: string) => string | undefined, fix: string) {
  return z.string().superRefine((value, context) => {
    const found = problem(value);
    if (found !== undefined) context.addIssue({ code: 'custom', message: found, params: { fix } });
  });
}

export const pattern = text(patternProblem, 'Write a name, or a pattern with *, ? or [abc]').meta({
  description: 'A name or a pattern: * any run of characters, ? one character, [abc], [a-z], [!abc].',
  minLength: 1,
  maxLength: 256,
});

export const agentId = text(
  (value) => (AGENT_ID.test(value) ? undefined : 'is not an agent id'),
  'Use letters, digits, "_", "." and "-" only',
).meta({ pattern: AGENT_ID.source });

export const patterns = z.array(pattern);

/** An http or https address without a user. @param fix what to write instead */
export function webAddress(fix: string) {
  return text((value) => {
    const url = parseUrl(value);
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return 'is not an http or https address';
    return url.username === '' && url.password === '' ? undefined : 'holds a user or a password';
  }, fix);
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param fix what to write instead */
export function variableName(fix: string) {
  return text((value) => (VARIABLE.test(value) ? undefined : 'is not the name of an environment variable'), fix);
}
