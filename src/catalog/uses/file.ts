/** The file with what was learned from use. A file that is missing or damaged has nothing. */
import { join } from 'node:path';
import { type KeptFile, openKeptFile } from '../kept-file.ts';
import { readUses, type Use, usesText } from './uses.ts';

export type UsesFile = KeptFile<readonly Use[]>;

/** @param cacheDir that of the settings */
export function openUses(cacheDir: string): UsesFile {
  return openKeptFile(join(cacheDir, 'learned.json'), { parse: readUses, print: usesText });
}
