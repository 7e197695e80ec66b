/**
 * A JSON Schema as one line: `(repo: string, labels?: string[], state?: "open"|"closed" = "open")`. Keeps names, types, enums,
 * defaults and what is required; leaves out descriptions and ranges. What it cannot say, it does not say: undefined, and the
 * schema is sent as it is.
 */

/** A schema nested deeper than this is sent as it is. */
const MAX_DEPTH = 12;
/** A definition used more than once that is longer than this is written once and named. */
const INLINE_LENGTH = 24;
/** Longer defaults are left out. */
const MAX_DEFAULT = 40;

/** Keywords that change what fits and that the short form has no words for. */
const INEXPRESSIBLE = [
  '$dynamicRef',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'else',
  'if',
  'not',
  'patternProperties',
  'then',
  'unevaluatedProperties',
] as const;

/** Thrown inside this file, where a schema has no short form. */
const NO_SHORT_FORM = Symbol('no short form');

type Schema = Readonly<Record<string, unknown>>;

/** @param text the input schema as JSON. @returns the parameters in parentheses, undefined where they have no short form. */
export function signature(text: string): string | undefined {
  const root: unknown = JSON.parse(text);
  if (!isObject(root)) return undefined;
  const writer = new SchemaWriter(root);
  try {
    const { properties } = root;
    const isPlain =
      (root['type'] === undefined || root['type'] === 'object') &&
      root['$ref'] === undefined &&
      [root['anyOf'], root['oneOf'], root['allOf']].every((choice) => choice === undefined);
    refuse(root);
    const body =
      isPlain && isObject(properties) ? `(${writer.members(root, 1)})` : `(${rootText(root, writer, isPlain)})`;
    return body + writer.definitions();
  } catch (error) {
    if (error === NO_SHORT_FORM) return undefined;
    throw error;
  }
}

function rootText(root: Schema, writer: SchemaWriter, isPlain: boolean): string {
  if (!isPlain) return `...${writer.type(root, 1)}`;
  return isObject(root['additionalProperties']) ? `...${writer.type(root, 1)}` : '';
}

/** Writes schemas of one root, and names the definitions that are used more than once. */
class SchemaWriter {
  readonly #root: Schema;
  readonly #uses: ReadonlyMap<string, number>;
  /** The definitions that have a name, with their texts. */
  readonly #named = new Map<string, string>();
  /** The definitions that are short and refer to nothing that is open: written out wherever they are used, and worked out once. */
  readonly #short = new Map<string, string>();
  readonly #open = new Set<string>();

  constructor(root: Schema) {
    this.#root = root;
    this.#uses = countReferences(root);
  }

  type(schema: unknown, depth: number): string {
    if (schema === true) return 'any';
    if (!isObject(schema) || depth > MAX_DEPTH) throw NO_SHORT_FORM;
    refuse(schema);
    // The required members of an object that is described elsewhere: `anyOf: [{ required: [...] }, ...]`.
    if (schema['required'] !== undefined && schema['properties'] === undefined) throw NO_SHORT_FORM;
    const parts: string[] = [];
    const { $ref, anyOf, oneOf, allOf } = schema;
    if ('enum' in schema) parts.push(union(literals(schema['enum'])));
    else if ('const' in schema) parts.push(literal(schema['const']));
    else if (schema['type'] !== undefined || isObject(schema['properties'])) parts.push(this.#byType(schema, depth));
    if ($ref !== undefined) parts.push(this.#reference($ref, depth));
    for (const choices of [anyOf, oneOf]) {
      if (choices !== undefined) parts.push(union(list(choices).map((choice) => this.type(choice, depth + 1))));
    }
    if (allOf !== undefined) parts.push(...list(allOf).map((part) => this.type(part, depth + 1)));
    const telling = parts.filter((part) => part !== 'any');
    if (telling.length <= 1) return telling[0] ?? 'any';
    return telling.map(bracketed).join('&');
  }

  members(schema: Schema, depth: number): string {
    const required = new Set(schema['required'] === undefined ? [] : list(schema['required']));
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    for (const name of required) if (typeof name !== 'string' || !Object.hasOwn(properties, name)) throw NO_SHORT_FORM;
    return Object.entries(properties)
      .map(([name, property]) => {
        const optional = required.has(name) ? '' : '?';
        return `${key(name)}${optional}: ${this.type(property, depth)}${defaultOf(property)}`;
      })
      .join(', ');
  }

  /** The definitions that have a name: ` where a = ...; b = ...`. */
  definitions(): string {
    const texts = Array.from(this.#named, ([target, text]) => `${lastStep(target)} = ${text}`);
    if (new Set(Array.from(this.#named.keys(), lastStep)).size < this.#named.size) throw NO_SHORT_FORM;
    return texts.length === 0 ? '' : ` where ${texts.join('; ')}`;
  }

  #byType(schema: Schema, depth: number): string {
    const types = schema['type'] === undefined ? ['object'] : [schema['type']].flat();
    return union(types.map((name) => this.#simple(name, schema, depth)));
  }

  #simple(name: unknown, schema: Schema, depth: number): string {
    if (name === 'array') return this.#array(schema, depth);
    if (name === 'object') return this.#object(schema, depth);
    if (typeof name !== 'string' || !/^(?:string|number|integer|boolean|null)$/.test(name)) throw NO_SHORT_FORM;
    return name;
  }

  #array({ items, prefixItems }: Schema, depth: number): string {
    if (prefixItems !== undefined) {
      const first = list(prefixItems).map((item) => this.type(item, depth + 1));
      const rest = items === undefined ? ['...'] : items === false ? [] : [`...${this.type(items, depth + 1)}`];
      return `[${[...first, ...rest].join(', ')}]`;
    }
    return items === undefined ? 'any[]' : `${bracketed(this.type(items, depth + 1))}[]`;
  }

  #object(schema: Schema, depth: number): string {
    const { properties, additionalProperties } = schema;
    const inner: string[] = [];
    if (isObject(properties) && Object.keys(properties).length > 0) inner.push(this.members(schema, depth + 1));
    if (isObject(additionalProperties) && Object.keys(additionalProperties).length > 0) {
      inner.push(`[key]: ${this.type(additionalProperties, depth + 1)}`);
    }
    return inner.length === 0 ? 'object' : `{${inner.join(', ')}}`;
  }

  #reference(target: unknown, depth: number): string {
    if (typeof target !== 'string') throw NO_SHORT_FORM;
    const definition = resolve(this.#root, target);
    const name = lastStep(target);
    if (!/^[A-Za-z_][\w.-]*$/.test(name)) throw NO_SHORT_FORM;
    if (this.#open.has(target) || this.#named.has(target)) {
      if (!this.#named.has(target)) this.#named.set(target, '');
      return name;
    }
    const before = this.#short.get(target);
    if (before !== undefined) return before;
    this.#open.add(target);
    const text = this.type(definition, depth + 1);
    this.#open.delete(target);
    // Named meanwhile: it refers to itself.
    if (!this.#named.has(target) && ((this.#uses.get(target) ?? 0) < 2 || text.length <= INLINE_LENGTH)) {
      this.#short.set(target, text);
      return text;
    }
    this.#named.set(target, text);
    return name;
  }
}

function lastStep(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1);
}

function refuse(schema: Schema): void {
  for (const keyword of INEXPRESSIBLE) if (schema[keyword] !== undefined) throw NO_SHORT_FORM;
}

/** The number of references to each local definition. */
function countReferences(root: Schema): Map<string, number> {
  const uses = new Map<string, number>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 64 || typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === '$ref' && typeof inner === 'string') uses.set(inner, (uses.get(inner) ?? 0) + 1);
      else visit(inner, depth + 1);
    }
  };
  visit(root, 0);
  return uses;
}

function resolve(root: Schema, target: string): unknown {
  if (!target.startsWith('#/')) throw NO_SHORT_FORM;
  let definition: unknown = root;
  for (const step of target.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isObject(definition) || !Object.hasOwn(definition, name)) throw NO_SHORT_FORM;
    definition = definition[name];
  }
  return definition;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(name) ? name : JSON.stringify(name);
}

function defaultOf(property: unknown): string {
  if (!isObject(property) || !('default' in property) || property['default'] === null) return '';
  const text = JSON.stringify(property['default']);
  return text.length > MAX_DEFAULT ? '' : ` = ${text}`;
}

function literals(values: unknown): string[] {
  return list(values).map(literal);
}

function literal(value: unknown): string {
  return JSON.stringify(value);
}

function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  if (different.length === 0) throw NO_SHORT_FORM;
  return different.includes('any') ? 'any' : different.join('|');
}

/** In brackets where it would be read otherwise: `("a"|"b")[]`. Signs in quotes and inside braces do not count. */
function bracketed(type: string): string {
  const bare = type.replace(/"(?:[^"\\]|\\.)*"/g, '');
  let depth = 0;
  for (const sign of bare) {
    if ('{[('.includes(sign)) depth++;
    else if ('}])'.includes(sign)) depth--;
    else if (depth === 0 && '|&'.includes(sign)) return `(${type})`;
  }
  return type;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw NO_SHORT_FORM;
  return value;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
