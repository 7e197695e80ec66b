/** Reads values that somebody else wrote. */

export type ApiFields = Readonly<Record<string, unknown>>;

/** The value, where it is an object; undefined for anything else. */
export function fieldsOf(value: unknown): ApiFields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ApiFields) : undefined;
}

/** A member of its own: never one of a prototype. */
export function own(object: ApiFields | undefined, key: string): unknown {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The same where it is a text. */
export function ownText(object: ApiFields | undefined, key: string): string | undefined {
  const value = own(object, key);
  return typeof value === 'string' ? value : undefined;
}

/** The same where it is a list; an empty one for anything else. */
export function ownList(object: ApiFields | undefined, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}

/** The one value that a schema allows, as a text; undefined where it allows others, or one that is no text, number or boolean. */
export function onlyValue(schema: ApiFields | undefined): string | undefined {
  const [first, ...others] = own(schema, 'const') === undefined ? ownList(schema, 'enum') : [own(schema, 'const')];
  return others.length > 0 || !/^(?:string|number|boolean)$/.test(typeof first) ? undefined : String(first);
}
