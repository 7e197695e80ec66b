/** The file with what was learned from use. A file that is missing or damaged has nothing. */
import { join } from 'node:path';
import { openSharedFile, type SharedFile } from '../shared-file.ts';
import { readUses, type ToolUse, usesText } from './usage-history.ts';

export type UsesFile = SharedFile<readonly ToolUse[]>;

/** @param cacheDir that of the settings */
export function openUses(cacheDir: string): UsesFile {
  return openSharedFile(join(cacheDir, 'learned.json'), { parse: readUses, print: usesText });
}
