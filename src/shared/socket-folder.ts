/** The folder of the local sockets of this account: the one that they belong in, or /tmp where its path is too long for them. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { makeFolder } from './make-folder.ts';

/** Bytes of a socket's path, without the zero that ends it (`sun_path`, unix(7)). Node cuts off what is more, without a word. */
const MAX_PATH = process.platform === 'darwin' ? 103 : 107;

/** Not os.tmpdir(): clients leave TMPDIR out of what they start programs with, and commands must find the same folder. */
const SHARED = '/tmp';

/** The longest process id that there is (proc(5), pid_max), for the length of names. */
export const LONGEST_PID = '4194304';

/**
 * The folder for sockets that belong in `wanted`, the same for every program of this account. Nothing is made.
 * @param longestName of a socket in it; may hold folders.
 */
export function socketFolder(wanted: string, longestName: string): string {
  if (process.platform === 'win32' || Buffer.byteLength(join(wanted, longestName)) <= MAX_PATH) return wanted;
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return join(SHARED, `agent-mcp-gateway-${process.getuid?.()}-${digest}`);
}

/** Makes a folder that only this account can enter. @throws Error where it is not ours; the error of mkdir(2) */
export function openSocketFolder(folder: string): void {
  makeFolder(folder);
  if (!isOurs(folder)) throw new Error(`${folder} belongs to somebody else, or is a link: remove it.`);
  chmodSync(folder, 0o700);
}

/** Everybody may make a folder in /tmp: in one of somebody else, anybody could be listening. */
export function isOurs(folder: string): boolean {
  if (dirname(folder) !== SHARED) return true;
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  return facts?.isDirectory() === true && facts.uid === process.getuid?.();
}
