/** Keywords of schemas that are kept, and what each has to look like: documents say much that validators refuse. */

export type SchemaSide = 'input' | 'output';

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);
/** Characters of a description, by side: those of results are only read along. */
const MAX_TEXT = { input: 600, output: 160 } as const;
const MAX_PATTERN = 500;

/** The value of a simple keyword as it is kept; undefined where it is left out. */
type Keep = (value: unknown, side: SchemaSide) => unknown;

const number: Keep = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
const count: Keep = (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined);
const flag: Keep = (value) => (value === true ? value : undefined);
const any: Keep = (value) => (isShort(value) ? value : undefined);
const inputOnly =
  (keep: Keep): Keep =>
  (value, side) =>
    side === 'input' ? keep(value, side) : undefined;

/**
 * Keywords whose values are no schemas. Of results only their shape is kept: what an API answers today with a new word, a longer text or one field more is no
 * mistake of it, and clients that check would refuse all of it.
 */
export const SIMPLE: ReadonlyMap<string, Keep> = new Map<string, Keep>([
  ['title', (value, side) => (side === 'input' && typeof value === 'string' ? cut(value, MAX_TEXT.output) : undefined)],
  [
    'description',
    (value, side) => (typeof value === 'string' && value !== '' ? cut(value, MAX_TEXT[side]) : undefined),
  ],
  [
    'enum',
    inputOnly((value) => (Array.isArray(value) && value.length > 0 && isShort(value) ? distinct(value) : undefined)),
  ],
  ['const', inputOnly(any)],
  ['default', inputOnly(any)],
  ['format', inputOnly((value) => (typeof value === 'string' ? value : undefined))],
  ['pattern', inputOnly((value) => (typeof value === 'string' && isPattern(value) ? value : undefined))],
  ['multipleOf', inputOnly((value) => (typeof value === 'number' && value > 0 ? value : undefined))],
  ['minimum', inputOnly(number)],
  ['maximum', inputOnly(number)],
  ['exclusiveMinimum', inputOnly(number)],
  ['exclusiveMaximum', inputOnly(number)],
  ['minLength', inputOnly(count)],
  ['maxLength', inputOnly(count)],
  ['minItems', inputOnly(count)],
  ['maxItems', inputOnly(count)],
  ['uniqueItems', inputOnly(flag)],
  ['minProperties', inputOnly(count)],
  ['maxProperties', inputOnly(count)],
  ['deprecated', inputOnly(flag)],
  ['contentEncoding', (value) => (typeof value === 'string' ? value : undefined)],
  ['contentMediaType', (value) => (typeof value === 'string' ? value : undefined)],
]);

/** Keywords whose values are one schema. */
export const ONE_SCHEMA: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'propertyNames']);
/**
 * Keywords whose values are a list of schemas, and the keyword under which they are kept. What is left open must not make a schema stricter: so it is not asked that a
 * value fits just one of several, and what must not fit is not said at all.
 */
export const SCHEMA_LISTS: ReadonlyMap<string, string> = new Map([
  ['allOf', 'allOf'],
  ['anyOf', 'anyOf'],
  ['oneOf', 'anyOf'],
  ['prefixItems', 'prefixItems'],
]);
/** Keywords whose values are schemas by name. */
export const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas']);
/** Those that say what names have to look like: of a result that is for its API to know. */
export const NOT_IN_RESULTS: ReadonlySet<string> = new Set(['propertyNames', 'dependentSchemas', 'patternProperties']);

/** `type`, with null where it is nullable; undefined for none that counts. @param isNullable 3.0 says it beside the type */
export function typeOf(written: unknown, isNullable: boolean): string | readonly string[] | undefined {
  const all = (Array.isArray(written) ? written : [written]).filter((type) => TYPES.has(type)) as string[];
  if (isNullable && all.length > 0) all.push('null');
  const types = [...new Set(all)];
  return types.length > 1 ? types : types[0];
}

/** True for an expression that validators compile. */
export function isPattern(text: string): boolean {
  if (text.length > MAX_PATTERN) return false;
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

/** The beginning of a text, on few lines. */
export function cut(text: string, length: number): string {
  const plain = text.trim();
  return plain.length > length ? `${plain.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…` : plain;
}

/** Values that are examples of themselves: nested ones may be of any size, and be their own parts. */
function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 1000;
  if (!Array.isArray(value)) return typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  return value.length <= 500 && value.every((item) => !Array.isArray(item) && isShort(item));
}

function distinct(values: readonly unknown[]): readonly unknown[] {
  return [...new Set(values)];
}
