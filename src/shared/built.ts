import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program of the build beside the one that runs, e.g. `guardian.js`; undefined where there is none (tests of the sources). */
export function builtProgram(name: string): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return [here, dirname(here)].map((folder) => join(folder, name)).find((path) => existsSync(path));
}
