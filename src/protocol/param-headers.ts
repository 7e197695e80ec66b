/**
 * Tool parameters that are repeated in HTTP headers (2026-07-28, basic/transports/streamable-http, Custom Headers from Tool
 * Parameters). Pure.
 */
import { Buffer } from 'node:buffer';
import { decodeHeaderValue } from './request-headers.ts';

export interface ParamHeader {
  /** Lower-case name of the whole header, `mcp-param-…`. */
  readonly header: string;
  /** Keys from the arguments object to the value. */
  readonly path: readonly string[];
}

export type ParamHeaders =
  | { readonly ok: true; readonly headers: readonly ParamHeader[] }
  /** The rule that the schema breaks; such a tool must not be offered over HTTP. */
  | { readonly ok: false; readonly reason: string };

const ANNOTATION = 'x-mcp-header';
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PRIMITIVES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** Visible ASCII, with spaces and tabs only inside. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;
const SENTINEL = /^=\?base64\?.*\?=$/s;

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the annotations of an input schema and checks them. */
export function readParamHeaders(inputSchema: unknown): ParamHeaders {
  const headers: ParamHeader[] = [];
  const reason = isObject(inputSchema) ? walk(inputSchema, [], true, headers) : undefined;
  if (reason !== undefined) return { ok: false, reason };
  const names = new Set(headers.map(({ header }) => header));
  if (names.size < headers.length) return { ok: false, reason: `two parameters have the same ${ANNOTATION}` };
  return { ok: true, headers };
}

/**
 * Visits a schema. An annotation counts only where the way from the root consists of `properties` alone; anywhere else it
 * makes the definition invalid. `properties` maps names to schemas, so a property may itself be called `x-mcp-header`.
 */
function walk(schema: Fields, path: readonly string[], reachable: boolean, found: ParamHeader[]): string | undefined {
  for (const [key, value] of Object.entries(schema)) {
    let reason: string | undefined;
    if (key === ANNOTATION) reason = annotation(schema, value, path, reachable, found);
    else if (key === 'properties' && isObject(value)) {
      for (const [name, child] of Object.entries(value)) {
        if (isObject(child)) reason ??= walk(child, [...path, name], reachable, found);
      }
    } else if (SCHEMA_MAPS.has(key) && isObject(value)) reason = walkOthers(Object.values(value), path, found);
    else if (!DATA_KEYWORDS.has(key)) reason = walkOthers(value, path, found);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Keywords whose values are examples and constants, not schemas. */
const DATA_KEYWORDS: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples', 'required']);
/** Keywords that map names to schemas. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['$defs', 'definitions', 'patternProperties', 'dependentSchemas']);

function walkOthers(value: unknown, path: readonly string[], found: ParamHeader[]): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const reason = walkOthers(item, path, found);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
  return isObject(value) ? walk(value, path, false, found) : undefined;
}

function annotation(
  schema: Fields,
  value: unknown,
  path: readonly string[],
  reachable: boolean,
  found: ParamHeader[],
): string | undefined {
  if (!reachable || path.length === 0) return `${ANNOTATION} stands where no parameter of its own can be reached`;
  const name = path.join('.').slice(0, 100);
  if (typeof value !== 'string' || !TOKEN.test(value)) return `${ANNOTATION} of "${name}" is no header name`;
  if (!PRIMITIVES.has(schema['type'])) return `${ANNOTATION} of "${name}" is not on a string, an integer or a boolean`;
  found.push({ header: `mcp-param-${value.toLowerCase()}`, path });
  return undefined;
}

/** The facts of a tool that a call needs. */
interface CallTarget {
  readonly name: string;
  readonly paramHeaders: readonly ParamHeader[];
}

/**
 * The headers of one `tools/call`: `Mcp-Name`, and `Mcp-Param-*` for the parameters that are present.
 * @param argumentsText JSON text of the arguments object.
 */
export function toolCallHeaders(tool: CallTarget, argumentsText: string): Record<string, string> {
  const headers: Record<string, string> = { 'mcp-name': encodeHeaderValue(tool.name) };
  if (tool.paramHeaders.length === 0) return headers;
  const root: unknown = JSON.parse(argumentsText);
  for (const { header, path } of tool.paramHeaders) {
    const value = valueAt(root, path);
    if (typeof value === 'string') headers[header] = encodeHeaderValue(value);
    else if (typeof value === 'boolean' || Number.isSafeInteger(value)) headers[header] = String(value);
  }
  return headers;
}

/**
 * Compares the `Mcp-Param-*` headers of a `tools/call` with its arguments, which decide (same page, Server Behavior for Custom
 * Headers).
 * @param argumentsText JSON text of the arguments object.
 * @param header the value of a header by its lower-case name.
 * @returns what does not match, as a sentence; undefined where all does.
 */
export function paramMismatch(
  paramHeaders: readonly ParamHeader[],
  argumentsText: string,
  header: (name: string) => string | undefined,
): string | undefined {
  if (paramHeaders.length === 0) return undefined;
  const root: unknown = JSON.parse(argumentsText);
  const wrong = paramHeaders.find((param) => !repeats(header(param.header), valueAt(root, param.path)));
  if (wrong === undefined) return undefined;
  return `Header mismatch: ${wrong.header} must repeat the argument ${wrong.path.join('.').slice(0, 100)}, and be left out without it.`;
}

function repeats(header: string | undefined, value: unknown): boolean {
  if (typeof value === 'string') return header !== undefined && decodeHeaderValue(header) === value;
  if (typeof value === 'boolean') return header === String(value);
  // Integers are compared as numbers: 42 and 42.0 are equal (same page, Server Validation).
  if (Number.isSafeInteger(value)) return header !== undefined && NUMBER.test(header) && Number(header) === value;
  return header === undefined;
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** A value as a header can carry it (same page, Value Encoding). */
export function encodeHeaderValue(value: string): string {
  if (value === '' || (PLAIN.test(value) && !SENTINEL.test(value))) return value;
  return `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}
