/** Names of tools and prompts that carry their server: `server__tool`. */
import { createHash } from 'node:crypto';
import { cutText } from '../shared/cut.ts';
import { SEPARATOR } from './view.ts';

/** Longest name that clients accept (2026-07-28, server/tools, Tool Names allow 128; models' own limits are at 64). */
const MAX_NAME = 64;
const HASH_LENGTH = 8;

/**
 * The name under which something of a server is exposed. Depends on nothing but the two names, so that what a caller may not
 * see changes no name that it sees: names that are too long, or that could be read in two ways, get a hash as suffix.
 */
export function exposedName(server: string, name: string): string {
  const full = `${server}${SEPARATOR}${name}`;
  if (isPlain(server, full)) return full;
  const hash = createHash('sha256').update(full).digest('hex').slice(0, HASH_LENGTH);
  return `${cutText(full, MAX_NAME - HASH_LENGTH - 1)}_${hash}`;
}

/** A server name that ends in `_` would move the separator. */
function isPlain(server: string, full: string): boolean {
  return full.length <= MAX_NAME && !server.endsWith('_');
}

/** The two names of an exposed one that carries no hash; undefined where it has no server. */
export function splitName(exposed: string): { readonly server: string; readonly name: string } | undefined {
  const at = exposed.indexOf(SEPARATOR);
  if (at <= 0 || at + SEPARATOR.length >= exposed.length) return undefined;
  return { server: exposed.slice(0, at), name: exposed.slice(at + SEPARATOR.length) };
}

/** Whether a name may end in a hash, and so has to be looked up. */
export function mayBeHashed(exposed: string): boolean {
  return new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`).test(exposed);
}
