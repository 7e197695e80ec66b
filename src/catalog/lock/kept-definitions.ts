/**
 * The text of definitions, as they were accepted and as they are now, so that somebody can look at the difference: a lock holds digests
 * alone. A private file for each server of a lock.
 */
import { join } from 'node:path';
import { sha256 } from '../../config/config-files.ts';
import { openSharedFile, type SharedFile } from '../shared-file.ts';
import { keyParts, type LockedServer } from './lock-text.ts';
import type { Sight } from './sight.ts';

const FORMAT = 1;

/** The known definitions of one server. */
export interface KeptDefinitions {
  /** Values as in a lock, as it was last seen. */
  readonly seen: ReadonlyMap<string, string>;
  /** Those of them that it did not list any more when that was looked at last. */
  readonly gone: ReadonlySet<string>;
  /** Those of them that are held back although the rules only record changes: the scan found something in them. */
  readonly held: ReadonlyMap<string, string>;
  /** JSON text by digest. */
  readonly texts: ReadonlyMap<string, string>;
}

export const NOTHING_KEPT: KeptDefinitions = { seen: new Map(), gone: new Set(), held: new Map(), texts: new Map() };

/** @param folder for the files of all locks. @param lock path of the lock file */
export function openKeptDefinitions(folder: string, lock: string, server: string): SharedFile<KeptDefinitions> {
  const name = `${sha256(JSON.stringify([lock, server]))}.json`;
  return openSharedFile<KeptDefinitions>(join(folder, name), { parse, print: (kept) => print(server, kept) });
}

/**
 * The known definitions once it was seen; the same object where that is nothing new.
 * @param locked whose texts stay as well
 * @param held what is held back now
 */
export function withSight(
  kept: KeptDefinitions,
  sight: Sight,
  locked: LockedServer | undefined,
  held: ReadonlyMap<string, string> = kept.held,
): KeptDefinitions {
  const seen = new Map([...kept.seen, ...sight.values]);
  const kinds: readonly string[] = sight.kinds;
  const isLookedAt = (key: string): boolean => kinds.includes(keyParts(key).kind);
  const gone = new Set([...kept.gone].filter((key) => !isLookedAt(key)));
  for (const key of seen.keys()) if (isLookedAt(key) && !sight.values.has(key)) gone.add(key);
  const wanted = new Set([...seen.values(), ...(locked?.values() ?? [])]);
  const texts = new Map([...kept.texts, ...sight.texts].filter(([digest]) => wanted.has(digest)));
  const next = { seen, gone, held, texts };
  return print('', next) === print('', kept) ? kept : next;
}

/** The lock of a server if all that was seen were accepted. */
export function lockedFrom({ seen, gone }: KeptDefinitions): LockedServer {
  return new Map([...seen].filter(([key]) => !gone.has(key)));
}

function print(server: string, { seen, gone, held, texts }: KeptDefinitions): string {
  const lists = { seen: [...seen].sort(), gone: [...gone].sort(), held: [...held].sort(), texts: [...texts].sort() };
  return `${JSON.stringify({ format: FORMAT, server, ...lists })}\n`;
}

/** A file that is missing or damaged has nothing. */
function parse(text: string): KeptDefinitions {
  try {
    const { format, seen, gone, held, texts } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || !Array.isArray(gone)) return NOTHING_KEPT;
    return { seen: pairsOf(seen), gone: new Set(gone.map(String)), held: pairsOf(held), texts: pairsOf(texts) };
  } catch {
    return NOTHING_KEPT;
  }
}

function pairsOf(value: unknown): ReadonlyMap<string, string> {
  const pairs = Array.isArray(value) ? value.filter(isPair) : [];
  return new Map(pairs);
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}
