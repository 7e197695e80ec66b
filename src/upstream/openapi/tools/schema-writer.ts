/**
 * Schemas of a document as JSON Schema (2020-12) for one tool. What is referred to is written once, under `$defs`; what would be too much is left open, so
 * that neither circles nor references to references to references have an end that anybody waits for.
 */
import type { ApiDocument, Located } from '../document/api-document.ts';
import { type ApiFields, fieldsOf, own, ownList } from '../document/fields.ts';
import {
  isPattern,
  NOT_IN_RESULTS,
  ONE_SCHEMA,
  SCHEMA_LISTS,
  SCHEMA_MAPS,
  type SchemaSide,
  SIMPLE,
  typeOf,
} from './schema-keywords.ts';

type Schema = boolean | Readonly<Record<string, unknown>>;

const MAX_DEPTH = 12;
/** Characters that a keyword or a name takes besides its value. */
const KEY_COST = 6;

export class SchemaWriter {
  readonly #document: ApiDocument;
  readonly #side: SchemaSide;
  /** Characters that may still be written. */
  #left: number;
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #waiting: { readonly name: string; readonly at: Located }[] = [];

  /** @param most characters of all that it writes, roughly */
  constructor(document: ApiDocument, side: SchemaSide, most: number) {
    this.#document = document;
    this.#side = side;
    this.#left = most;
  }

  /** A schema as JSON Schema; what it refers to comes with `definitions`. */
  write(at: Located, depth = 0): Schema {
    if (typeof at.value === 'boolean') return at.value;
    const target = this.#document.follow(at);
    if (typeof target.value === 'boolean') return target.value;
    const fields = fieldsOf(target.value);
    if (fields === undefined || this.#left <= 0 || depth > MAX_DEPTH) return {};
    if (target.id === undefined || isPlain(fields)) return this.#inPlace(fields, target, depth);
    const reference = { $ref: `#/$defs/${this.#nameOf(target)}` };
    this.#spend(reference.$ref.length + KEY_COST);
    const beside = this.#document.isLegacy ? undefined : own(fieldsOf(at.value), 'description');
    return typeof beside === 'string' ? { ...reference, ...this.#simple('description', beside) } : reference;
  }

  /** Everything that was referred to, breadth first; undefined for nothing. */
  definitions(): Readonly<Record<string, Schema>> | undefined {
    const written: [string, Schema][] = [];
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const fields = fieldsOf(next.at.value);
      const isOpen = fields === undefined || this.#left <= 0;
      written.push([next.name, isOpen ? {} : this.#inPlace(fields, next.at, 0)]);
    }
    return written.length === 0 ? undefined : Object.fromEntries(written);
  }

  #inPlace(fields: ApiFields, at: Located, depth: number): Schema {
    const members: [string, unknown][] = [];
    const type = typeOf(own(fields, 'type'), own(fields, 'nullable') === true && this.#document.isLegacy);
    if (type !== undefined) members.push(['type', type]);
    for (const [key, value] of Object.entries(fields)) {
      if (this.#left <= 0) break;
      const written = this.#keyword(key, value, at, depth);
      if (written === undefined) continue;
      members.push([SCHEMA_LISTS.get(key) ?? key, written]);
      this.#spend(key.length + KEY_COST);
    }
    const all = [...members, ...this.#bounds(fields), ...this.#required(fields, members)];
    // Not all properties may be there.
    const kept = this.#left > 0 ? all : all.filter(([key]) => key !== 'additionalProperties');
    return this.#nullable(Object.fromEntries(kept), fields);
  }

  #keyword(key: string, value: unknown, at: Located, depth: number): unknown {
    if (this.#side === 'output' && NOT_IN_RESULTS.has(key)) return undefined;
    const simple = SIMPLE.get(key);
    if (simple !== undefined) return this.#simple(key, value)?.[key];
    const inner = (schema: unknown): Schema => this.write(this.#document.inside(at, schema), depth + 1);
    if (ONE_SCHEMA.has(key)) {
      if (key === 'additionalProperties' && (value === true || (value === false && this.#side === 'output')))
        return undefined;
      return isSchema(value) ? inner(value) : undefined;
    }
    if (SCHEMA_LISTS.has(key)) {
      const list = (Array.isArray(value) ? value : []).filter(isSchema);
      return list.length === 0 ? undefined : this.#each(list, inner);
    }
    if (!SCHEMA_MAPS.has(key)) return undefined;
    const named = Object.entries(fieldsOf(value) ?? {}).filter(
      ([name, schema]) =>
        isSchema(schema) && (key !== 'patternProperties' || isPattern(name)) && !this.#isOfOtherSide(schema, at),
    );
    return named.length === 0 && key !== 'properties' ? undefined : this.#members(named, inner);
  }

  #members(named: readonly (readonly [string, unknown])[], inner: (schema: unknown) => Schema): unknown {
    const written: [string, Schema][] = [];
    for (const [name, schema] of named) {
      if (this.#left <= 0) break;
      this.#spend(name.length + KEY_COST);
      written.push([name, inner(schema)]);
    }
    return Object.fromEntries(written);
  }

  /** Alternatives are all there or none: what does not fit any of a part of them may fit another one. */
  #each(list: readonly unknown[], inner: (schema: unknown) => Schema): readonly Schema[] | undefined {
    const written: Schema[] = [];
    for (const schema of list) {
      if (this.#left <= 0) return undefined;
      written.push(inner(schema));
    }
    return written;
  }

  #simple(key: string, value: unknown): Readonly<Record<string, unknown>> | undefined {
    const kept = SIMPLE.get(key)?.(value, this.#side);
    if (kept === undefined) return undefined;
    this.#spend(typeof kept === 'string' ? kept.length : Array.isArray(kept) ? JSON.stringify(kept).length : KEY_COST);
    return { [key]: kept };
  }

  /** 3.0 says with true that a bound is outside. */
  #bounds(fields: ApiFields): [string, unknown][] {
    if (this.#side === 'output') return [];
    const pairs = [
      ['minimum', 'exclusiveMinimum'],
      ['maximum', 'exclusiveMaximum'],
    ] as const;
    return pairs.flatMap(([bound, exclusive]): [string, unknown][] => {
      const value = own(fields, bound);
      return own(fields, exclusive) === true && typeof value === 'number' ? [[exclusive, value]] : [];
    });
  }

  /** Only names of properties that are there, or that nothing is said of. */
  #required(fields: ApiFields, members: readonly (readonly [string, unknown])[]): [string, unknown][] {
    const declared = fieldsOf(own(fields, 'properties'));
    const kept = fieldsOf(members.find(([key]) => key === 'properties')?.[1]);
    const names = ownList(fields, 'required').filter(
      (name): name is string =>
        typeof name === 'string' &&
        (declared === undefined || !Object.hasOwn(declared, name) || Object.hasOwn(kept ?? {}, name)),
    );
    return names.length === 0 ? [] : [['required', [...new Set(names)]]];
  }

  /** 3.0: null beside a list of values, or beside schemas, is one more of them. */
  #nullable(schema: Readonly<Record<string, unknown>>, fields: ApiFields): Schema {
    if (!this.#document.isLegacy || own(fields, 'nullable') !== true) return schema;
    const { enum: values, type } = schema;
    if (Array.isArray(values)) return { ...schema, enum: [...new Set([...(values as unknown[]), null])] };
    return type === undefined && (schema['allOf'] ?? schema['anyOf']) !== undefined
      ? { anyOf: [schema, { type: 'null' }] }
      : schema;
  }

  /** True for what only the other direction has: a part of answers alone, or of requests alone. */
  #isOfOtherSide(schema: unknown, at: Located): boolean {
    const fields = fieldsOf(this.#document.follow(this.#document.inside(at, schema)).value);
    return own(fields, this.#side === 'input' ? 'readOnly' : 'writeOnly') === true;
  }

  #nameOf(target: Located): string {
    const id = target.id ?? '';
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const last =
      id
        .slice(id.lastIndexOf('/') + 1)
        .replace(/[^A-Za-z0-9_.-]+/g, '_')
        .slice(0, 60) || 'schema';
    let name = last;
    for (let count = 2; this.#taken.has(name); count++) name = `${last}_${count}`;
    this.#taken.add(name);
    this.#names.set(id, name);
    this.#waiting.push({ name, at: target });
    return name;
  }

  #spend(characters: number): void {
    this.#left -= characters;
  }
}

const PARTS = [...ONE_SCHEMA, ...SCHEMA_LISTS.keys(), ...SCHEMA_MAPS];

/** True for what is as short as a reference to it: values without parts. */
function isPlain(fields: ApiFields): boolean {
  return PARTS.every((key) => !Object.hasOwn(fields, key));
}

function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || fieldsOf(value) !== undefined;
}
