/** Configuration files of clients as data: what the editors of JSON, TOML and YAML read, and what they write. */
import { escapeText } from '../../observe/escape-text.ts';
import { GatewayError } from '../../shared/errors.ts';

/** Data that was read. Names are keys of maps: `__proto__` is an ordinary one. */
export type Data = string | number | bigint | boolean | null | Date | readonly Data[] | DataMap;
export type DataMap = ReadonlyMap<string, Data>;

/** Data that is written. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Lines and columns count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The reason why a file cannot be read or changed, and where. */
export class EditError extends Error {
  readonly position: Position | undefined;

  constructor(reason: string, position?: Position) {
    super(reason);
    this.name = 'EditError';
    this.position = position;
  }
}

/** The error of a command: `FILE:LINE:COLUMN reason`. Nothing of the content is in it. */
export function fileError(file: string, { message, position }: EditError): GatewayError {
  const place = position === undefined ? '' : `:${position.line}:${position.column}`;
  return new GatewayError('CONFIG_INVALID', `${escapeText(file)}${place} ${message} The file stays as it is.`);
}

/**
 * The place of entries: the keys from the root to the map, or to a list whose items say their names in a member (`nameKey`).
 */
export interface Container {
  readonly path: readonly string[];
  readonly nameKey?: string | undefined;
}

export interface Edited {
  readonly text: string;
  /** The number of maps of the container's path that were made for this. */
  readonly made: number;
}

/** Changes one entry of a text and nothing else of it. Every function throws EditError where that is not possible. */
export interface Editor {
  read(text: string): DataMap;
  /** Adds the entry, or replaces it where it is there. */
  set(text: string, container: Container, name: string, value: Json): Edited;
  /** Takes the entry out, and the last `made` maps of the container's path where nothing is left in them. */
  remove(text: string, container: Container, name: string, made?: number): string;
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}

export function isMap(data: Data | undefined): data is DataMap {
  return data instanceof Map;
}

export function isList(data: Data | undefined): data is readonly Data[] {
  return Array.isArray(data);
}

/** The value at a path; undefined where there is none. */
export function dataAt(root: Data | undefined, path: readonly string[]): Data | undefined {
  let data = root;
  for (const key of path) data = isMap(data) ? data.get(key) : undefined;
  return data;
}

/** The entries of a container by name; empty where it is not there. An item of a list without a name is left out. */
export function entriesOf(root: DataMap, { path, nameKey }: Container): Map<string, Data> {
  const found = dataAt(root, path);
  if (nameKey === undefined) return new Map(isMap(found) ? found : []);
  const items = isList(found) ? found.filter(isMap) : [];
  return new Map(
    items.flatMap((item) => (typeof item.get(nameKey) === 'string' ? [[String(item.get(nameKey)), item]] : [])),
  );
}

/** The same value as data. */
export function toData(value: Json): Data {
  if (Array.isArray(value)) return value.map(toData);
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, member]) => [key, toData(member)]));
  }
  return value as Data;
}

/** The data as JSON; dates and large numbers become texts. */
export function toJson(data: Data): Json {
  if (isList(data)) return data.map(toJson);
  if (isMap(data)) {
    const object: Record<string, Json> = {};
    // A member of its own, whatever it is called.
    for (const [key, value] of data) {
      Object.defineProperty(object, key, {
        value: toJson(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  }
  if (typeof data === 'bigint') return Number.isSafeInteger(Number(data)) ? Number(data) : String(data);
  return data instanceof Date ? data.toISOString() : (data as Json);
}

/** True if two values are the same; the order of members does not count. */
export function isSame(one: Data | undefined, other: Data | undefined): boolean {
  if (isList(one))
    return isList(other) && one.length === other.length && one.every((item, at) => isSame(item, other[at]));
  if (isMap(one)) {
    return isMap(other) && one.size === other.size && [...one].every(([key, value]) => isSame(value, other.get(key)));
  }
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  if ((typeof one === 'bigint' || typeof other === 'bigint') && one !== undefined && other !== undefined) {
    return String(one) === String(other);
  }
  return Object.is(one, other);
}

/** The line ending that a text uses: that of its first line. */
export function eolOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

export function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
