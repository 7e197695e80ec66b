import fs from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './system-code.ts';

/**
 * Makes a folder and what is missing above it, for this account alone. Node's own way never ends where a file system says that
 * there is no folder above, and has it (procfs).
 * @throws the error of mkdir(2)
 */
export function makeFolder(path: string, files: Files = fs): void {
  if (make(path, files) === undefined) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above, files);
  const error = make(path, files);
  if (error !== undefined) throw error;
}

type Files = Pick<typeof fs, 'mkdirSync' | 'statSync'>;

/** @returns why it cannot be made yet: what is above is missing. Undefined where the folder is there, whoever made it */
function make(path: string, files: Files): unknown {
  try {
    files.mkdirSync(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    if (files.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return undefined;
    if (systemCode(error) === 'ENOENT') return error;
    throw error;
  }
}
