/**
 * The file of vectors: a line, then the hash of each text with its vector, and a hash of all that at the end. What is not exactly that
 * counts as no file. Long files are read and written in slices, so that others have their turn.
 */
import { webcrypto } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { createSlices } from '../../shared/slices.ts';
import type { Vector } from './vector.ts';

/** Bytes of a key, and of the hash at the end: SHA-256. */
const HASH_BYTES = 32;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_DIMENSIONS = 8192;
const HEAD = /^{"version":2,"dimensions":(\d+)}\n/;
/** Vectors that are read or written before it is looked whether others want their turn. */
const SLICE = 200;

interface KeptVectors {
  readonly dimensions: number;
  readonly vectors: ReadonlyMap<string, Vector>;
}

const NOTHING: KeptVectors = { dimensions: 0, vectors: new Map() };

/** The number of vectors of a length that a file may have. */
export function roomInFile(dimensions: number): number {
  return Math.floor(MAX_FILE_BYTES / (HASH_BYTES + dimensions));
}

/** @param vectors by lower-case hex SHA-256, all of this length */
export async function vectorFile(vectors: ReadonlyMap<string, Vector>, dimensions: number): Promise<Buffer> {
  const head = Buffer.from(`{"version":2,"dimensions":${dimensions}}\n`);
  const step = HASH_BYTES + dimensions;
  const all = [...vectors];
  const bytes = Buffer.alloc(head.length + all.length * step + HASH_BYTES);
  head.copy(bytes);
  const slice = createSlices(setImmediate);
  for (const [at, [key, vector]] of all.entries()) {
    const start = head.length + at * step;
    bytes.write(key, start, 'hex');
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, dimensions), start + HASH_BYTES);
    if (at % SLICE === 0) await slice();
  }
  bytes.set(await digestOf(bytes.subarray(0, -HASH_BYTES)), bytes.length - HASH_BYTES);
  return bytes;
}

/** Never rejects: what cannot be read has none. */
export async function readVectors(path: string): Promise<KeptVectors> {
  let bytes: Buffer;
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES + 1024) return NOTHING;
    bytes = await readFile(path);
  } catch {
    return NOTHING;
  }
  const head = HEAD.exec(bytes.toString('latin1', 0, 64));
  const dimensions = Number(head?.[1] ?? 0);
  const start = head?.[0].length ?? 0;
  const end = bytes.length - HASH_BYTES;
  const step = HASH_BYTES + dimensions;
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS || end < start || (end - start) % step !== 0) return NOTHING;
  if (!bytes.subarray(end).equals(await digestOf(bytes.subarray(0, end)))) return NOTHING;
  const vectors = new Map<string, Vector>();
  const slice = createSlices(setImmediate);
  for (let at = start; at < end; at += step) {
    vectors.set(bytes.toString('hex', at, at + HASH_BYTES), new Int8Array(bytes.subarray(at + HASH_BYTES, at + step)));
    if (vectors.size % SLICE === 0) await slice();
  }
  return { dimensions, vectors };
}

/** On a thread of its own. */
async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes));
}
