import { GatewayError } from './errors.ts';
import { NOWHERE } from './standard-folders.ts';
import { systemCode } from './system-code.ts';

export const NO_HOME =
  'This account has no home folder: set HOME to a whole path, or both XDG_CONFIG_HOME and XDG_CACHE_HOME.';
const NO_ROOM = 'make room on the disk';
const NO_FOLDER = 'move away the file that stands where a folder of its path should be';

/** By the codes of open(2), mkdir(2) and write(2); for all others a right is missing. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', NO_ROOM],
  ['EDQUOT', NO_ROOM],
  ['ENOTDIR', NO_FOLDER],
  ['EEXIST', NO_FOLDER],
]);

/**
 * The error for a file that could not be written: the system's errors say neither which file it was for nor what to do.
 * @param otherwise how else it can be had.
 * @returns the error itself where it is not one of the system's.
 */
export function cannotWrite(path: string, error: unknown, otherwise = 'choose another place'): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof GatewayError) return error;
  if (path.startsWith(NOWHERE)) return new GatewayError('CANNOT_WRITE', NO_HOME, { cause: error });
  const fix = FIXES.get(code) ?? 'give this user the right to write there';
  return new GatewayError('CANNOT_WRITE', `Cannot write ${path} (${code}): ${fix}, or ${otherwise}.`, { cause: error });
}
