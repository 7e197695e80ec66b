/**
 * Vectors by the hash of their text, kept in one file per endpoint and model, so that a text is sent once. Several gateways
 * may share the file: each adds what it has to what is there.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from '../../config/config-files.ts';
import type { Vector } from './vector.ts';
import { readVectors, roomInFile, vectorFile } from './vector-file.ts';

const MAX_VECTORS = 20_000;
/** Files that are kept: models that were tried lately. */
const MAX_FILES = 4;
const SUFFIX = '.vectors';

export interface VectorStore {
  /** Reads the file, the first time. Never rejects: a file that is damaged counts as none. */
  load(): Promise<void>;
  /** @param key lower-case hex SHA-256 */
  get(key: string): Vector | undefined;
  /** A vector of another length than the ones before takes their place: the model is not the one that made them. */
  add(key: string, vector: Vector): void;
  /** Writes the file, if there is anything new. @throws what the file system does */
  save(): Promise<void>;
  /** Forgets all; the file is replaced when something new is saved. */
  clear(): void;
  readonly size: number;
  /** Length of the vectors. */
  readonly dimensions: number;
}

/** @param max vectors at most; fewer where they are long. */
export function createVectorStore(folder: string, name: string, max: number = MAX_VECTORS): VectorStore {
  const path = join(folder, `${name}${SUFFIX}`);
  const vectors = new Map<string, Vector>();
  /** The vectors that this process asked for; the rest goes first when there is no room. */
  const used = new Set<string>();
  let dimensions = 0;
  let isSaved = true;
  let loading: Promise<void> | undefined;
  let saving: Promise<void> = Promise.resolve();

  const room = (): number => Math.min(max, roomInFile(dimensions));
  const makeRoom = (): void => {
    for (const key of vectors.keys()) {
      if (vectors.size < room()) return;
      if (!used.has(key)) vectors.delete(key);
    }
    for (const key of vectors.keys()) {
      if (vectors.size < room()) return;
      used.delete(key);
      vectors.delete(key);
    }
  };
  const clear = (): void => {
    vectors.clear();
    used.clear();
  };
  const merge = async (): Promise<void> => {
    const kept = await readVectors(path);
    if (dimensions === 0) dimensions = kept.dimensions;
    if (kept.dimensions !== dimensions) return;
    for (const [key, vector] of kept.vectors) if (!vectors.has(key) && vectors.size < room()) vectors.set(key, vector);
  };
  const write = async (): Promise<void> => {
    if (isSaved) return;
    isSaved = true;
    await merge();
    await writePrivateFile(path, await vectorFile(vectors, dimensions));
    await removeOldFiles(folder);
  };

  return {
    load() {
      loading ??= merge();
      return loading;
    },
    get(key) {
      const vector = vectors.get(key);
      if (vector !== undefined) used.add(key);
      return vector;
    },
    add(key, vector) {
      if (vector.length !== dimensions) clear();
      dimensions = vector.length;
      makeRoom();
      isSaved = false;
      used.add(key);
      vectors.set(key, vector);
    },
    save() {
      saving = saving.catch(() => undefined).then(write);
      return saving;
    },
    clear,
    get size() {
      return vectors.size;
    },
    get dimensions() {
      return dimensions;
    },
  };
}

async function removeOldFiles(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  if (names.length <= MAX_FILES) return;
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(MAX_FILES);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
