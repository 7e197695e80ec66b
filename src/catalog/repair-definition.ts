/**
 * Definitions as strict readers take them: official clients refuse a whole list for one member of a wrong type, so in a list of
 * several servers one of them would hide the others. What is of no use as it is, is left out or put right; the rest stays the
 * text that its server wrote.
 */

import { readObject } from '../protocol/json-rpc.ts';
import { findMember } from '../protocol/members.ts';
import type { Era } from '../protocol/revisions.ts';
import { isCompilable } from './compilable.ts';
import type { Offer, OfferList } from './prompts-and-resources.ts';
import { readSkill } from './skill-entry.ts';
import type { ToolEntry } from './tool-entry.ts';
import { visibleJson } from './visible-text.ts';

/** A member's value as it should be; `KEEP` where it is right, `DROP` where a definition does without. */
type Mended = { readonly value: unknown } | typeof KEEP | typeof DROP;
/** @throws Flaw where it cannot be put right */
type Mender = (value: unknown) => Mended;

const KEEP = Symbol('keep');
const DROP = Symbol('drop');
/** The reason why a definition cannot be put right. */
class Flaw extends Error {}

type Fields = Readonly<Record<string, unknown>>;

type Result = { readonly text: string } | { readonly flaw: string };

const results: Readonly<Record<Era, WeakMap<object, Result>>> = { legacy: new WeakMap(), modern: new WeakMap() };

/** The same of a definition that is kept, without characters that nobody sees: worked out when it is fetched, where others get their turn between two of them. */
export function mendOnce(
  entry: Pick<ToolEntry, 'raw' | 'name'> | Pick<Offer, 'raw' | 'key'>,
  list: 'tools' | OfferList,
  era: Era = 'legacy',
): Result {
  let result = results[era].get(entry);
  if (result === undefined) {
    const mended = mend(entry.raw, list, era);
    result = 'flaw' in mended ? mended : { text: visibleJson(mended.text, 'key' in entry ? entry.key : entry.name) };
    results[era].set(entry, result);
  }
  return result;
}

/**
 * @param era of the callers whose clients are to take it
 * @returns the text, or a sentence that says why there is none.
 */
export function mend(raw: string, list: 'tools' | OfferList, era: Era = 'legacy'): Result {
  if (list === 'skills') {
    const skill = readSkill(raw);
    return 'flaw' in skill ? skill : { text: raw };
  }
  const menders = list === 'tools' && era === 'modern' ? MODERN_TOOLS : MENDERS[list];
  const root = readObject(raw);
  if (root === undefined) return { flaw: 'it is no object' };
  const members: string[] = [];
  const kept = new Set<string>();
  let isChanged = false;
  const seen = new Set<string>();
  try {
    for (const { key, keyStart, start, end } of root.members) {
      const mender = seen.has(key) ? undefined : menders.get(key);
      seen.add(key);
      const mended = mender === undefined ? KEEP : mender(JSON.parse(raw.slice(start, end)));
      isChanged ||= mended !== KEEP;
      if (mended !== DROP) kept.add(key);
      if (mended === KEEP) members.push(raw.slice(keyStart, end));
      else if (mended !== DROP) members.push(`${raw.slice(keyStart, start)}${JSON.stringify(mended.value)}`);
    }
  } catch (error) {
    if (error instanceof Flaw) return { flaw: error.message };
    throw error;
  }
  const missing = missingIn(raw, list, kept);
  if (missing === undefined) return { text: isChanged ? `{${members.join(',')}}` : raw };
  return { text: `{${[...members, missing].join(',')}}` };
}

/** Skills are what their file says: nothing is left out of them. */
type MendedList = Exclude<'tools' | OfferList, 'skills'>;

/** The member that every definition of a list has: a schema, or a name besides the URI. @returns text of a member */
function missingIn(raw: string, list: MendedList, kept: ReadonlySet<string>): string | undefined {
  if (list === 'tools') return kept.has('inputSchema') ? undefined : '"inputSchema":{"type":"object"}';
  if (list === 'prompts' || kept.has('name')) return undefined;
  const uri = findMember(readObject(raw), list === 'resources' ? 'uri' : 'uriTemplate');
  return `"name":${uri === undefined ? '""' : raw.slice(uri.start, uri.end)}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text: Mender = (value) => (typeof value === 'string' ? KEEP : DROP);
const integer: Mender = (value) => (Number.isInteger(value) ? KEEP : DROP);
const truth: Mender = (value) => (typeof value === 'boolean' ? KEEP : DROP);
const object: Mender = (value) => (isFields(value) ? KEEP : DROP);
const oneOf =
  (...choices: readonly unknown[]): Mender =>
  (value) =>
    choices.includes(value) ? KEEP : DROP;

/** An object of which only members of a wrong type are left out. */
function objectOf(menders: Readonly<Record<string, Mender>>, required: readonly string[] = []): Mender {
  return (value) => {
    if (!isFields(value)) return DROP;
    const kept: [string, unknown][] = [];
    let isChanged = false;
    for (const [key, inner] of Object.entries(value)) {
      const mended = Object.hasOwn(menders, key) ? (menders[key]?.(inner) ?? KEEP) : KEEP;
      if (mended !== KEEP) isChanged = true;
      if (mended !== DROP) kept.push([key, mended === KEEP ? inner : mended.value]);
    }
    if (required.some((name) => !kept.some(([key]) => key === name))) return DROP;
    return isChanged ? { value: Object.fromEntries(kept) } : KEEP;
  };
}

function listOf(mender: Mender): Mender {
  return (value) => {
    if (!Array.isArray(value)) return DROP;
    const mended = value.map((inner) => [inner, mender(inner)] as const);
    if (mended.every(([, how]) => how === KEEP)) return KEEP;
    return { value: mended.flatMap(([inner, how]) => (how === DROP ? [] : [how === KEEP ? inner : how.value])) };
  };
}

const time: Mender = (value) =>
  typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)) ? KEEP : DROP;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
const share: Mender = (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? KEEP : DROP);

/** A subschema: clients take objects alone. */
const subschema: Mender = (value) => {
  if (isFields(value)) return KEEP;
  if (value === true) return { value: {} };
  return value === false ? { value: { not: {} } } : DROP;
};

/** PHP writes an empty map as a list. */
const properties: Mender = (value) => {
  if (Array.isArray(value) && value.length === 0) return { value: {} };
  if (!isFields(value)) return DROP;
  const entries = Object.entries(value).map(([key, inner]) => [key, inner, subschema(inner)] as const);
  if (entries.every(([, , how]) => how === KEEP)) return KEEP;
  return {
    value: Object.fromEntries(
      entries.flatMap(([key, inner, how]) => (how === DROP ? [] : [[key, how === KEEP ? inner : how.value]])),
    ),
  };
};

const schema = objectOf({ properties, required: listOf(text), $schema: text });

/** A schema of an object; `undefined` where it is one of something else. */
function objectSchema(value: unknown): Mended | undefined {
  if (value === null || value === true || (Array.isArray(value) && value.length === 0)) {
    return { value: { type: 'object' } };
  }
  if (!isFields(value)) return undefined;
  const { type } = value;
  const isObject = type === 'object' || type === undefined || type === null;
  if (!isObject && !(Array.isArray(type) && type.includes('object'))) return undefined;
  const mended = schema(value);
  if (type === 'object') return mended;
  const own = mended === KEEP || mended === DROP ? value : mended.value;
  return { value: { ...(own as Fields), type: 'object' } };
}

/** A number beyond what JavaScript has: some clients refuse it wherever they keep values as they are. */
function hasEndlessNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasEndlessNumber);
}

const inputSchema: Mender = (value) => {
  const mended = objectSchema(value);
  if (mended === undefined) throw new Flaw('its inputSchema is no schema of an object');
  if (hasEndlessNumber(value)) throw new Flaw('its inputSchema has a number that clients cannot read');
  return mended;
};
/** Without one, results are what they are. */
const outputSchema: Mender = (value) => {
  const mended = value === null ? DROP : (objectSchema(value) ?? DROP);
  if (mended === DROP) return DROP;
  const schema = (mended === KEEP ? value : mended.value) as Fields;
  return isCompilable(schema) && !hasEndlessNumber(schema) ? mended : DROP;
};
/** Results may be any JSON since 2026-07-28 (server/tools, Output Schema). */
const anyOutputSchema: Mender = (value) =>
  isFields(value) && isCompilable(value) && !hasEndlessNumber(value) ? mendedSchema(value) : DROP;

/** A schema without a `$schema` that is no text. */
const mendedSchema = objectOf({ $schema: text });

const COMMON = {
  title: text,
  description: text,
  icons: listOf(objectOf({ src: text, mimeType: text, sizes: listOf(text), theme: oneOf('light', 'dark') }, ['src'])),
  _meta: object,
};
const hints = objectOf({
  title: text,
  readOnlyHint: truth,
  destructiveHint: truth,
  idempotentHint: truth,
  openWorldHint: truth,
});
const annotations = objectOf({ audience: listOf(oneOf('user', 'assistant')), priority: share, lastModified: time });
const resource = { ...COMMON, name: text, mimeType: text, annotations };

const MENDERS: Readonly<Record<MendedList, ReadonlyMap<string, Mender>>> = {
  tools: new Map<string, Mender>(
    Object.entries({
      ...COMMON,
      inputSchema,
      outputSchema,
      annotations: hints,
      execution: objectOf({ taskSupport: oneOf('required', 'optional', 'forbidden') }),
    }),
  ),
  prompts: new Map<string, Mender>(
    Object.entries({
      ...COMMON,
      arguments: listOf(objectOf({ name: text, title: text, description: text, required: truth }, ['name'])),
    }),
  ),
  resources: new Map<string, Mender>(Object.entries({ ...resource, size: integer })),
  templates: new Map<string, Mender>(Object.entries(resource)),
};
const MODERN_TOOLS: ReadonlyMap<string, Mender> = new Map([...MENDERS.tools, ['outputSchema', anyOutputSchema]]);
