/**
 * The part of a JSON Schema (2020-12) that arguments are checked against, and what that costs. Schemas come from servers: none of
 * their patterns is run, nothing is fetched, and what refers to itself is not checked.
 */

/** Characters of a schema. */
const MAX_LENGTH = 200_000;
const MAX_DEPTH = 64;
/** Keywords and values after references were followed. */
const MAX_WEIGHT = 20_000;
/** Weight of a schema, and that times the length of the arguments, up to which a check is short: some 20 milliseconds. */
export const SHORT_WEIGHT = 600;
const SHORT_CHECK = 250_000;
/** Patterns can take for ever, comparing all items with all takes long, and the rest is about other documents or is no check. */
const NOT_EVALUATED: ReadonlySet<string> = new Set([
  '$async',
  '$id',
  '$schema',
  '$comment',
  'default',
  'description',
  'examples',
  'pattern',
  'patternProperties',
  'title',
  'uniqueItems',
]);
/** References whose target depends on the way to them, and names for it. */
const DYNAMIC: ReadonlySet<string> = new Set([
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
]);
/** Keywords whose members are names, not keywords. */
const NAMING: ReadonlySet<string> = new Set(['$defs', 'definitions', 'dependentSchemas', 'properties']);
/** Keywords whose value is data. */
const DATA: ReadonlySet<string> = new Set(['const', 'enum']);
/** Characters of data that weigh as much as a keyword. */
const LIGHT = 16;

type Schema = Record<string, unknown>;

/** A schema that can be compiled. */
interface CheckableSchema {
  readonly schema: object;
  /** Keywords and values that one value is compared with at most: times the length of the arguments, this bounds a check. */
  readonly weight: number;
}

/** True if the main thread has the time for a check against a schema of this weight. */
export function isShortCheck(weight: number, args: string): boolean {
  return weight <= SHORT_WEIGHT && weight * args.length <= SHORT_CHECK;
}

/** @param text of the input schema. @throws Error saying why it is not checked */
export function checkableSchema(text: string): CheckableSchema {
  if (text.length > MAX_LENGTH) throw new Error('It is too long.');
  const schemas = new Set<unknown>();
  const root = evaluated(JSON.parse(text), 0, schemas);
  if (!isObject(root)) throw new Error('It is no object.');
  const weight = weigh(root, schemas);
  if (weight > MAX_WEIGHT) throw new Error('It is too large.');
  return { schema: root, weight };
}

/** A schema without what is not evaluated. @param schemas gets all that is a schema in it, which data is not */
function evaluated(schema: unknown, depth: number, schemas: Set<unknown>): unknown {
  if (depth > MAX_DEPTH) throw new Error('It is nested too deep.');
  if (Array.isArray(schema)) return schema.map((inner) => evaluated(inner, depth + 1, schemas));
  if (!isObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([key]) => {
    if (DYNAMIC.has(key)) throw new Error('Its references depend on the way to them.');
    if (NOT_EVALUATED.has(key)) return false;
    // Members that patterns allow would be refused as additional.
    return !('patternProperties' in schema && /^(?:additional|unevaluated)Properties$/.test(key));
  });
  const own: Schema = Object.fromEntries(
    kept.map(([key, inner]) => {
      if (DATA.has(key)) return [key, inner];
      if (!NAMING.has(key) || !isObject(inner)) return [key, evaluated(inner, depth + 1, schemas)];
      const members = Object.entries(inner).map(([name, member]) => [name, evaluated(member, depth + 1, schemas)]);
      return [key, Object.fromEntries(members)];
    }),
  );
  schemas.add(own);
  return own;
}

/**
 * Adds up what a check meets. References are written anew, to targets that were weighed.
 * @throws Error where it refers to itself, to another document, or to what is no schema
 */
function weigh(root: Schema, schemas: ReadonlySet<unknown>): number {
  /** NaN while it is weighed. */
  const weights = new Map<unknown, number>();
  const targets = new Map<string, Schema>();

  const follow = (schema: Schema, reference: unknown): number => {
    const target = targetOf(root, reference);
    if (!isObject(target) || !schemas.has(target)) throw new Error('It refers to what is no schema of its own.');
    const weight = weights.get(target) ?? weightOf(target);
    if (Number.isNaN(weight)) throw new Error('It refers to itself.');
    const name = `${schemas.size}-${targets.size}`;
    targets.set(name, target);
    schema['$ref'] = `#/$defs/${name}`;
    return weight;
  };
  const weightOf = (value: unknown): number => {
    if (typeof value === 'string') return 1 + value.length / LIGHT;
    if (!isObject(value))
      return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + weightOf(item), 1) : 1;
    const before = weights.get(value);
    if (before !== undefined) {
      if (Number.isNaN(before)) throw new Error('It refers to itself.');
      return before;
    }
    weights.set(value, Number.NaN);
    let weight = 1;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref' && schemas.has(value)) weight += follow(value, inner);
      else if (!(schemas.has(value) && (key === '$defs' || key === 'definitions'))) weight += 1 + weightOf(inner);
    }
    weights.set(value, weight);
    return weight;
  };
  const weight = weightOf(root);
  delete root['definitions'];
  root['$defs'] = Object.fromEntries(targets);
  return weight;
}

/** The target of a reference within the document; undefined where there is none. */
function targetOf(root: Schema, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) throw new Error('It refers to another document.');
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Schema)[name];
  }
  return found;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
