/** Looks for a place of arguments in the JSON Schema of a tool. Pure. */

/** The answer of a schema about a place: it names the place; the place may be there, or nobody can tell; or it is nowhere, beside these names. */
type SchemaPlace = 'named' | 'open' | { readonly missing: string; readonly instead: readonly string[] };

type Schema = Readonly<Record<string, unknown>>;

/** @param pointer tokens of a JSON Pointer into the arguments */
export function findInSchema(schema: unknown, pointer: readonly string[]): SchemaPlace {
  let here = [schema];
  for (const token of pointer) {
    const parts = partsOf(here, schema);
    if (parts === undefined) return 'open';
    const next = parts.flatMap((part) => membersAt(part, token));
    if (next.length === 0) {
      const instead = parts.flatMap((part) => Object.keys(objectOf(part['properties']) ?? {}));
      return isOpenAt(parts, token) ? 'open' : { missing: token, instead };
    }
    here = next;
  }
  return 'named';
}

/** Schemas that one value is checked with, at most: more is not worth a warning. */
const MAX_PARTS = 200;
const COMBINING = ['allOf', 'anyOf', 'oneOf'] as const;
const NESTING = ['if', 'then', 'else'] as const;

/** The schemas and all that they refer to and are made of; undefined where one of them cannot be read. */
function partsOf(schemas: readonly unknown[], root: unknown): readonly Schema[] | undefined {
  const parts = new Set<Schema>();
  const waiting = [...schemas];
  while (waiting.length > 0) {
    const part = objectOf(waiting.pop());
    if (part === undefined || parts.size > MAX_PARTS) return undefined;
    if (parts.has(part)) continue;
    parts.add(part);
    for (const key of COMBINING) waiting.push(...listOf(part[key]));
    for (const key of NESTING) if (part[key] !== undefined) waiting.push(part[key]);
    const { $ref, $dynamicRef, dependentSchemas } = part;
    if ($dynamicRef !== undefined || dependentSchemas !== undefined) return undefined;
    if ($ref !== undefined) waiting.push(referred(root, $ref) ?? true);
  }
  return [...parts];
}

function referred(root: unknown, ref: unknown): unknown {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) return undefined;
  const tokens = ref.split('/').slice(1);
  return tokens.reduce<unknown>((value, token) => {
    const key = unescaped(token);
    const object = objectOf(value);
    return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
  }, root);
}

function unescaped(token: string): string {
  const text = token.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function membersAt(part: Schema, token: string): unknown[] {
  const properties = objectOf(part['properties']);
  const own = properties !== undefined && Object.hasOwn(properties, token) ? [properties[token]] : [];
  if (!/^\d+$/.test(token)) return own;
  const { items, prefixItems } = part;
  const first = listOf(prefixItems)[Number(token)] ?? (Array.isArray(items) ? items[Number(token)] : items);
  return first === undefined ? own : [...own, first];
}

/** True if they speak of members that they do not list, or list none. */
function isOpenAt(parts: readonly Schema[], token: string): boolean {
  const hasOthers = parts.some(
    ({ additionalProperties = false, patternProperties }) =>
      patternProperties !== undefined || additionalProperties !== false,
  );
  if (hasOthers || parts.some(({ properties }) => properties !== undefined)) return hasOthers;
  const kind = /^\d+$/.test(token) ? ['object', 'array'] : ['object'];
  return parts.some(({ type }) => type === undefined || [type].flat().some((one) => kind.includes(String(one))));
}

function objectOf(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
