/** Makes values of a JSON schema as the revisions of the protocol write theirs: random, the same for the same seed. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = Readonly<Record<string, unknown>>;

/** Objects in objects that an open value may have. */
const DEPTH = 3;
const WORDS = ['a', 'ünïcode 天', 'with "quotes" \\ and\nlines', '', 'x'.repeat(200), '😀', '__proto__x', '1e400'];
const NUMBERS = [0, 1, -1, 42, 1.5, -0.25, 1e21, 2 ** 53 - 1];

/** mulberry32 */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class SchemaValues {
  readonly #definitions: Readonly<Record<string, Schema>>;
  readonly #random: () => number;

  constructor(document: Schema, random: () => number) {
    this.#definitions = (document['$defs'] ?? document['definitions']) as Readonly<Record<string, Schema>>;
    this.#random = random;
  }

  /** A value of one definition, e.g. `Tool`. */
  of(name: string): Json {
    return this.#value(this.#definition(name), 0);
  }

  #definition(name: string): Schema {
    const found = this.#definitions[name];
    if (found === undefined) throw new Error(`The schema has no ${name}.`);
    return found;
  }

  #value(schema: Schema, depth: number): Json {
    const { $ref, anyOf, oneOf, allOf, type } = schema as Record<string, unknown>;
    if (typeof $ref === 'string') return this.#value(this.#definition($ref.split('/').at(-1) ?? ''), depth);
    const choices = (anyOf ?? oneOf) as readonly Schema[] | undefined;
    if (choices !== undefined) return this.#value(this.#simplest(choices, depth), depth);
    if (Array.isArray(allOf)) return Object.assign({}, ...allOf.map((one) => this.#value(one, depth)));
    if ('const' in schema) return schema['const'] as Json;
    if (Array.isArray(schema['enum'])) return this.#pick(schema['enum'] as Json[]);
    switch (Array.isArray(type) ? this.#pick(type as string[]) : type) {
      case 'string':
        return this.#string(schema['format'] ?? (/ISO 8601/.test(String(schema['description'])) ? 'date-time' : ''));
      case 'integer':
        return Math.trunc(this.#number(schema));
      case 'number':
        return this.#number(schema);
      case 'boolean':
        return this.#random() < 0.5;
      case 'null':
        return null;
      case 'array':
        return this.#array(schema, depth);
      case 'object':
        return this.#object(schema, depth);
      default:
        return this.#open(depth);
    }
  }

  /** Deep down, the choice that refers to nothing: some definitions contain themselves. */
  #simplest(choices: readonly Schema[], depth: number): Schema {
    const plain = depth > 2 * DEPTH ? choices.filter((one) => !('$ref' in one) && one['type'] !== 'array') : [];
    return this.#pick(plain.length > 0 ? plain : choices);
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, depth: number): Json {
    const value: Record<string, Json> = {};
    for (const [key, schema] of Object.entries(properties as Record<string, Schema>)) {
      const isRequired = (required as readonly string[]).includes(key);
      if (isRequired || (depth <= 2 * DEPTH && this.#random() < 0.6)) value[key] = this.#value(schema, depth + 1);
    }
    if (additionalProperties === false || this.#random() < 0.5) return value;
    const more = typeof additionalProperties === 'object' ? (additionalProperties as Schema) : {};
    value['com.example/more'] = depth > 2 * DEPTH ? 'deep' : this.#value(more, depth + 1);
    return value;
  }

  #array({ items = {}, minItems = 0 }: Schema, depth: number): Json {
    const length = Math.max(minItems as number, depth > 2 * DEPTH ? 0 : Math.floor(this.#random() * 3));
    return Array.from({ length }, () => this.#value(items as Schema, depth + 1));
  }

  /** Any JSON. */
  #open(depth: number): Json {
    const kind = Math.floor(this.#random() * (depth > DEPTH ? 4 : 6));
    if (kind === 0) return this.#pick(WORDS);
    if (kind === 1) return this.#pick(NUMBERS);
    if (kind === 2) return this.#random() < 0.5;
    if (kind === 3) return null;
    const inner = Array.from({ length: Math.floor(this.#random() * 3) }, () => this.#open(depth + 1));
    return kind === 4 ? inner : Object.fromEntries(inner.map((value, at) => [`k${at} ü`, value]));
  }

  #string(format: unknown): string {
    if (format === 'byte') return Buffer.from(this.#pick(WORDS)).toString('base64');
    if (format === 'uri') return `https://example.com/${Math.floor(this.#random() * 1e6)}?q=%C3%BC`;
    if (format === 'uri-template') return `file:///{name}/${Math.floor(this.#random() * 1e6)}`;
    if (format === 'date-time') return '2026-01-02T03:04:05Z';
    return this.#pick(WORDS);
  }

  #number({ minimum = -1e6, maximum = 1e6 }: Schema): number {
    const [low, high] = [minimum as number, maximum as number];
    const fitting = NUMBERS.filter((number) => number >= low && number <= high);
    return this.#random() < 0.5 && fitting.length > 0 ? this.#pick(fitting) : low + this.#random() * (high - low);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}
