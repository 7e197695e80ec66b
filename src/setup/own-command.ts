/** The command with which a client starts the gateway, or the address at which it reaches it. */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Machine } from './client-files.ts';
import type { JsonObject } from './edit/data.ts';

export interface OwnCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: JsonObject;
}

export interface Running {
  /** Of Node. */
  readonly execPath: string;
  /** The program. */
  readonly script: string;
}

const NAME = 'agent-mcp-gateway';

/**
 * The command that starts this program again.
 * @param isBare whether a name is enough, because a shell or another machine finds it: for files of projects.
 */
export function ownCommand(
  place: Machine,
  running: Running,
  { isDesktop, isBare }: { isDesktop: boolean; isBare: boolean },
): OwnCommand {
  const env = isBare ? {} : foldersOf(place);
  const onPath = programOnPath(place.env['PATH'], running.script);
  // A program of the desktop has another PATH than the shell that this runs in.
  if (isBare || (onPath && !isDesktop)) return { command: NAME, args: [], env };
  return { command: running.execPath, args: [running.script], env };
}

/** The variables that say where our files are, besides the home folder: a client may not hand these on. */
function foldersOf({ home, env }: Machine): JsonObject {
  const named: Record<string, string> = {};
  for (const [name, usual] of [
    ['XDG_CONFIG_HOME', '.config'],
    ['XDG_CACHE_HOME', '.cache'],
  ] as const) {
    const value = env[name];
    if (value !== undefined && isAbsolute(value) && value !== join(home, usual)) named[name] = value;
  }
  return named;
}

/** True if the name leads to this program, and not into the cache of npx, which is emptied at times. */
function programOnPath(path: string | undefined, script: string): boolean {
  for (const folder of (path ?? '').split(delimiter)) {
    const file = join(folder, NAME);
    if (folder === '' || !existsSync(file)) continue;
    if (isOfNpx(file) || /[\\/]node_modules[\\/]\.bin$/.test(folder)) continue;
    return real(file) === real(script);
  }
  return false;
}

/** True if a program is in the cache of npx. */
export function isOfNpx(script: string): boolean {
  return /[\\/]_npx[\\/]/.test(script);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
