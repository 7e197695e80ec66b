/** Names of tools and prompts that carry their server: `server__tool`, in what every model and client accepts. */
import { createHash } from 'node:crypto';

const SEPARATOR = '__';
/** Longest name: models take 64 characters, and clients put names of their own before it. */
const MAX_NAME = 56;
/** Longest name of a server where the whole would be too long: the tool's own name is what tells it from others. */
const MAX_SERVER = 24;
const SERVER_HASH = 6;
const TOOL_HASH = 8;

const PLAIN = /^[A-Za-z0-9_-]+$/;
const HASHED_SERVER = new RegExp(`-[0-9a-f]{${SERVER_HASH}}$`);
const HASHED_TOOL = new RegExp(`_[0-9a-f]{${TOOL_HASH}}$`);

/**
 * The name under which something of a server is exposed; fits `^[A-Za-z0-9_-]{1,56}$`. Depends on nothing but the two names, so
 * that what a caller may not see changes no name that it sees, and stays the same for ever. What has to be replaced or cut
 * gets a hash: `My-Server-1a2b3c__list_users`, `server__very_long_na_1a2b3c4d`.
 */
export function exposedName(server: string, name: string): string {
  const full = server + SEPARATOR + name;
  if (full.length <= MAX_NAME && PLAIN.test(full) && isUnambiguous(server)) return full;
  const prefix = exposedServer(server) + SEPARATOR;
  return prefix + exposedPart(name, MAX_NAME - prefix.length);
}

/** The part that stands for the server where its name cannot stand as it is, or is too long for what follows. */
function exposedServer(server: string): string {
  if (server.length <= MAX_SERVER && PLAIN.test(server) && isUnambiguous(server)) return server;
  const word = plainOf(server)
    .replace(/_{2,}/g, '_')
    .slice(0, MAX_SERVER - SERVER_HASH - 1);
  return `${trimmed(word) || 'server'}-${hashOf(server, SERVER_HASH)}`;
}

function exposedPart(name: string, room: number): string {
  if (name.length <= room && PLAIN.test(name)) return name;
  const word = plainOf(name).slice(0, room - TOOL_HASH - 1);
  return `${trimmed(word) || 'tool'}_${hashOf(name, TOOL_HASH)}`;
}

/** True if its end can be told from the separator and from what follows. */
function isUnambiguous(server: string): boolean {
  return !server.includes(SEPARATOR) && !server.endsWith('_');
}

/** Writes what is no letter, digit, `_` or `-` as `-`; accents are left out. */
function plainOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-');
}

function trimmed(word: string): string {
  return word.replace(/^[-_]+/, '').replace(/[-_]+$/, '');
}

function hashOf(name: string, length: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, length);
}

/** The two parts of an exposed name; undefined where it has no server. */
export function splitName(exposed: string): { readonly server: string; readonly name: string } | undefined {
  const at = exposed.indexOf(SEPARATOR);
  if (at <= 0 || at + SEPARATOR.length >= exposed.length) return undefined;
  return { server: exposed.slice(0, at), name: exposed.slice(at + SEPARATOR.length) };
}

/** True if a part of an exposed name may carry a hash: then it is recognised, not read. */
export function isMaybeHashed(part: 'server' | 'tool', text: string): boolean {
  return (part === 'server' ? HASHED_SERVER : HASHED_TOOL).test(text);
}

/** True if names of this server may begin with a part. */
export function isExposedAs(server: string, part: string): boolean {
  return server === part || exposedServer(server) === part;
}

/** Under which name views of several servers show a server; undefined where that is its own, at least before short names. */
export function renamedServer(server: string): string | undefined {
  const isLong = server.length + SEPARATOR.length >= MAX_NAME;
  return PLAIN.test(server) && isUnambiguous(server) && !isLong ? undefined : exposedServer(server);
}
