/**
 * Output schemas as clients take them. Some compile all of a list at once (Ajv, JSON Schema draft-07), and a schema that does not
 * compile costs them the whole list. A schema is taken for good only where nothing in it can fail; what comes to its own name
 * (`$id`) is not, since two tools of a merged list may have the same.
 */

type Schema = Readonly<Record<string, unknown>>;
type Check = (value: unknown, walk: Walk) => boolean;

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
/** Keywords that name a schema, in any of their spellings, and one that changes what compiles. */
const NAMES: ReadonlySet<string> = new Set(['$id', 'id', '$anchor', '$dynamicAnchor', '$async']);
/** They need a `format` beside them. */
const FORMAT_BOUNDS = /^format(?:Exclusive)?(?:Minimum|Maximum)$/;
/** Schemas that references lead to: clients compile one within the other, and run out of stack at some hundreds. */
const MAX_TARGETS = 100;
/** A pattern that is longer is not tried. */
const MAX_PATTERN = 10_000;

/** True if official clients can compile a schema. */
export function isCompilable(root: object): boolean {
  return new Walk(root as Schema).isSound();
}

/** One pass over a schema and what its references lead to: servers write them, so each part is looked at once. */
class Walk {
  readonly #root: Schema;
  readonly #seen = new Set<object>();
  /** The schemas that references lead to and that are still to be looked at. */
  readonly #ahead: unknown[] = [];
  readonly #targets = new Set<unknown>();

  constructor(root: Schema) {
    this.#root = root;
  }

  isSound(): boolean {
    this.#ahead.push(this.#root);
    while (this.#ahead.length > 0) if (!this.holds(this.#ahead.pop())) return false;
    return true;
  }

  holds(value: unknown): boolean {
    if (typeof value === 'boolean') return true;
    if (!isSchema(value)) return false;
    if (this.#seen.has(value)) return true;
    this.#seen.add(value);
    if (Object.hasOwn(value, 'nullable') && !allowsNullable(value)) return false;
    return Object.entries(value).every(([key, inner]) => {
      if (NAMES.has(key) || FORMAT_BOUNDS.test(key)) return false;
      return CHECKS.get(key)?.(inner, this) ?? !holdsName(inner);
    });
  }

  /** True if a reference leads to a schema of this document, and not only from one reference to the next for ever. */
  leadsOn(reference: string): boolean {
    const target = this.#target(reference);
    if (this.#targets.has(target)) return true;
    if (this.#targets.size >= MAX_TARGETS || this.#leadsNowhere(target)) return false;
    this.#targets.add(target);
    this.#ahead.push(target);
    return true;
  }

  #leadsNowhere(target: unknown): boolean {
    let at = target;
    for (let steps = 0; isSchema(at) && typeof at['$ref'] === 'string'; steps++) {
      if (steps >= MAX_TARGETS) return true;
      at = this.#target(at['$ref']);
    }
    return at === undefined;
  }

  #target(reference: string): unknown {
    if (reference === '#') return this.#root;
    if (!reference.startsWith('#/')) return undefined;
    let at: unknown = this.#root;
    for (const part of reference.slice(2).split('/')) {
      const key = decoded(part);
      if (key === undefined || typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
      at = (at as Schema)[key];
    }
    return at;
  }
}

const isNumber: Check = (value) => Number.isFinite(value);
const isText: Check = (value) => typeof value === 'string';
const isTruth: Check = (value) => typeof value === 'boolean';
const names: Check = (value) => Array.isArray(value) && value.every((name) => typeof name === 'string');
const schema: Check = (value, walk) => walk.holds(value);
const schemas: Check = (value, walk) => Array.isArray(value) && value.every((inner) => walk.holds(inner));
const named =
  (check: Check): Check =>
  (value, walk) =>
    isSchema(value) && Object.values(value).every((inner) => check(inner, walk));
const pattern: Check = (value) => typeof value === 'string' && isPattern(value);

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['$ref', (value, walk) => typeof value === 'string' && walk.leadsOn(value)],
  ['type', (value) => (Array.isArray(value) ? value.length > 0 && value.every(isType) : isType(value))],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ['required', names],
  ['pattern', pattern],
  ['format', isText],
  ['nullable', isTruth],
  ['uniqueItems', isTruth],
  ['dependentRequired', named(names)],
  ['dependencies', named((value, walk) => names(value, walk) || walk.holds(value))],
  ['items', (value, walk) => (Array.isArray(value) ? schemas(value, walk) : walk.holds(value))],
  ['properties', named(schema)],
  ['patternProperties', (value, walk) => named(schema)(value, walk) && Object.keys(value as Schema).every(isPattern)],
  ...each(['$defs', 'definitions', 'dependentSchemas'], named(schema)),
  ...each(['anyOf', 'oneOf', 'allOf', 'prefixItems'], schemas),
  ...each(
    ['additionalProperties', 'additionalItems', 'propertyNames', 'contains', 'not', 'if', 'then', 'else'],
    schema,
  ),
  ...each(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'], isNumber),
  ...each(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], isNumber),
  ...each(['minContains', 'maxContains'], isNumber),
  ...each(['title', 'description', '$comment', '$schema'], isText),
  ...each(['const', 'default'], () => true),
]);

function each(keys: readonly string[], check: Check): [string, Check][] {
  return keys.map((key) => [key, check]);
}

function isType(value: unknown): boolean {
  return TYPES.has(value);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `nullable` of OpenAPI stands beside a type, and may not contradict it. */
function allowsNullable({ type, nullable }: Schema): boolean {
  return type !== undefined && (nullable !== false || ![type].flat().includes('null'));
}

function isPattern(text: string): boolean {
  if (text.length > MAX_PATTERN) return false;
  try {
    return new RegExp(text, 'u') !== undefined;
  } catch {
    return false;
  }
}

/** True if something under a keyword that nobody knows names a schema: it is looked for there too. */
function holdsName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key.startsWith('$') || holdsName(inner));
}

/** A part of a JSON pointer in a fragment (RFC 6901, section 6). */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}
