/** Lets Node keep what it compiled where it can (22.1 and later), then loads the program. */
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: (folder: string) => unknown };
// A folder of this account: the one of Node itself is in the folder for temporary files, which others can write to.
const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
enableCompileCache?.(join(cache, 'agent-mcp-gateway', 'compiled'));
void import('./cli/main.ts');
