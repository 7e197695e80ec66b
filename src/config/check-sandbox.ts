/** Looks at the paths that the sandbox of an entry lists. */
import { realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isWithin } from '../shared/is-within.ts';
import type { ProgramFault } from './check-program.ts';
import { quote } from './quote-name.ts';
import type { StdioDefinition } from './snapshot.ts';

/** Folders that are in every sandbox. */
const ALWAYS = ['/usr', '/tmp', '/var/tmp'];

/** Finds what will keep a program from being started in its sandbox; undefined for nothing. */
export function sandboxPathFault({ sandbox, cwd }: Pick<StdioDefinition, 'sandbox' | 'cwd'>): ProgramFault | undefined {
  if (sandbox === undefined) return undefined;
  const listed = [...sandbox.read, ...sandbox.write];
  const missing = listed.find((path) => statSync(path, { throwIfNoEntry: false }) === undefined);
  if (missing !== undefined) {
    const message = `lists ${quote(missing)}, which does not exist`;
    return { field: 'sandbox', message, fix: 'Make it, or correct the path' };
  }
  const moved = listed.find((path) => sandbox.write.some((outer) => leadsElsewhere(path, outer)));
  if (moved !== undefined) {
    const message = `lists ${quote(moved)}, which leads through a link that the program itself can change`;
    return { field: 'sandbox', message, fix: 'List the place where the link leads to, if that is meant' };
  }
  if (cwd === undefined || [...ALWAYS, ...listed].some((folder) => isWithin(cwd, folder))) return undefined;
  return {
    field: 'cwd',
    message: 'is not in the sandbox',
    fix: 'Add it to "read" or "write" of "sandbox"',
  };
}

/** True for a path below a folder which really is somewhere else. */
function leadsElsewhere(path: string, outer: string): boolean {
  if (path === outer || !isWithin(path, outer)) return false;
  return realpathSync(path) !== join(realpathSync(outer), relative(outer, path));
}
