/** The folders of this process: its home, its working directory, and the folders of the XDG Base Directory Specification. */
import { homedir, userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';

/**
 * The stand-in for a folder that is not known: nothing is below it, and nothing can be made there. A relative path would be one of the
 * working directory, whose files come from whoever made them.
 */
export const NOWHERE = '/dev/null';

/** The home of this account: HOME where that is a whole path, otherwise what the system says; `NOWHERE` where it says nothing. */
export function homeHere(): string {
  return firstPlace([homedir, () => userInfo().homedir]);
}

/** The working directory; `NOWHERE` where it was deleted. */
export function cwdHere(): string {
  return firstPlace([process.cwd]);
}

/** The value of an `XDG_*` variable; undefined where it is to be ignored: relative paths are invalid. */
export function xdgFolder(value: string | undefined): string | undefined {
  return value !== undefined && isPlace(value) ? value : undefined;
}

/** A whole path that is the same for every process: `/proc/self/cwd` is the working directory of whoever asks. */
function isPlace(path: string): boolean {
  return isAbsolute(path) && !/^\/+proc\//.test(path);
}

function firstPlace(sources: readonly (() => string)[]): string {
  for (const source of sources) {
    try {
      const path = source();
      if (isPlace(path)) return path;
    } catch {
      // An account that the system does not know; a folder that is gone.
    }
  }
  return NOWHERE;
}
