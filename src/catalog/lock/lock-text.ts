/**
 * The text of a lock file: what people accepted, one line for each thing, sorted, each line but the last with a comma at its end, so that
 * adding one changes no other. It holds digests, names and versions, and is made to be committed and reviewed.
 */
import { GatewayError } from '../../shared/errors.ts';

/** The subject of a line. Of `package` the value is a version, of all others a digest. */
export const LOCKED_KINDS = ['launch', 'package', 'instructions', 'tool', 'prompt', 'template', 'skill'] as const;
export type LockedKind = (typeof LOCKED_KINDS)[number];

/** Values by kind and name (`lockKey`). */
export type LockedServer = ReadonlyMap<string, string>;
/** By name of the server. */
export type Lock = ReadonlyMap<string, LockedServer>;

export const NOTHING_LOCKED: Lock = new Map();

const FORMAT = 1;
const INDENT = '    ';

/** @param name of a tool or prompt, a URI template, the URI of a skill, a package; `''` for what a server has one of */
export function lockKey(kind: LockedKind, name = ''): string {
  return `${kind} ${name}`;
}

/** The two parts of a key. */
export function keyParts(key: string): { readonly kind: string; readonly name: string } {
  const space = key.indexOf(' ');
  return { kind: key.slice(0, space), name: key.slice(space + 1) };
}

/**
 * Reads a lock file, in any order. Of one thing with two values, as a merge of two branches may leave it, neither counts.
 * @param path for messages
 * @throws GatewayError CONFIG_INVALID
 */
export function readLock(text: string, path: string): Lock {
  const servers = new Map<string, Map<string, string>>();
  const doubtful = new Set<string>();
  for (const [server, kind, name, value] of linesOf(text, path)) {
    const locked = servers.get(server) ?? new Map<string, string>();
    servers.set(server, locked);
    const key = `${kind} ${name}`;
    const id = JSON.stringify([server, key]);
    if (locked.has(key) && locked.get(key) !== value) doubtful.add(id);
    locked.set(key, value);
    if (doubtful.has(id)) locked.delete(key);
  }
  return servers;
}

/** The same text for the same lock, on every machine. */
export function lockText(lock: Lock): string {
  const lines: string[] = [];
  for (const [server, locked] of sorted(lock)) {
    for (const [key, value] of sorted(locked)) {
      const { kind, name } = keyParts(key);
      const parts = [server, kind, name, value].map((part) => JSON.stringify(part));
      lines.push(`${INDENT}[${parts.join(', ')}],\n`);
    }
  }
  return `{\n  "format": ${FORMAT},\n  "definitions": [\n${lines.join('')}${INDENT}[]\n  ]\n}\n`;
}

/** A lock in which one server is another one; undefined for none. */
export function withServer(lock: Lock, server: string, locked: LockedServer | undefined): Lock {
  const next = new Map(lock);
  if (locked === undefined || locked.size === 0) next.delete(server);
  else next.set(server, locked);
  return next;
}

type Line = readonly [server: string, kind: string, name: string, value: string];

function linesOf(text: string, path: string): readonly Line[] {
  const invalid = (why: string): GatewayError =>
    new GatewayError('CONFIG_INVALID', `${path} ${why}. Until it is right, nothing that it held counts.`);
  const conflict = text.split('\n').findIndex((line) => /^(?:<{7}|={7}|>{7})/.test(line));
  if (conflict >= 0) throw invalid(`has a conflict of a merge in line ${conflict + 1}: keep the lines of both sides`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('is not JSON: take it from your version control, or make it anew with "definitions lock"');
  }
  const { format, definitions } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || !Array.isArray(definitions)) {
    throw invalid(`is no lock file of this version: it begins with "format": ${FORMAT}, and has "definitions"`);
  }
  const lines = definitions.filter((line) => !Array.isArray(line) || line.length > 0);
  const wrong = lines.findIndex((line) => !isLine(line));
  if (wrong >= 0)
    throw invalid(`has a wrong entry, number ${wrong + 1}: each has a server, a kind, a name and a value`);
  return lines;
}

function isLine(line: unknown): line is Line {
  return Array.isArray(line) && line.length === 4 && line.every((part) => typeof part === 'string');
}

function sorted<T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}
