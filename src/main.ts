/** Lets Node keep what it compiled where it can (22.1 and later), then loads the program. */
import nodeModule from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { makeFolder } from './shared/make-folder.ts';
import { homeHere, xdgFolder } from './shared/standard-folders.ts';

// It would leave what it removes.
if (process.argv[2] !== 'uninstall')
  keepCompiled(nodeModule as { readonly enableCompileCache?: (folder: string) => unknown });
void import('./cli/command-line.ts');

/** In a folder that only this account can write to: what is in it is run. */
function keepCompiled({ enableCompileCache }: { readonly enableCompileCache?: (folder: string) => unknown }): void {
  if (enableCompileCache === undefined) return;
  const cacheHome = xdgFolder(process.env['XDG_CACHE_HOME']) ?? join(homeHere(), '.cache');
  const folder = join(cacheHome, 'agent-mcp-gateway', 'compiled');
  try {
    makeFolder(folder);
    enableCompileCache(folder);
  } catch {
    // Every start compiles then.
  }
}
