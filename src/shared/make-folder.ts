import fs from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './system-code.ts';

/**
 * Makes a folder and what is missing above it, for this account alone. Node's own way never ends where a file system says that
 * there is no folder above, and has it (procfs).
 * @throws the error of mkdir(2)
 */
export function makeFolder(path: string, files: Pick<typeof fs, 'mkdirSync' | 'statSync'> = fs): void {
  const make = (): void => {
    files.mkdirSync(path, { mode: 0o700 });
  };
  try {
    make();
  } catch (error) {
    if (files.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    makeFolder(above, files);
    make();
  }
}
