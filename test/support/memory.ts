import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import process from 'node:process';

const SHARED_MEMORY = '/dev/shm';
/** Bytes that must be free: some tests write results and logs of many megabytes. */
const ENOUGH = 2_000_000_000;

/** Homes of tests are in memory where Linux has room for them there: on a disk, what the program writes safely waits for it. */
export function setup(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined || !isUsable()) return undefined;
  const folder = mkdtempSync(`${SHARED_MEMORY}/tests-`);
  // As other folders of this kind: some tests start programs as another user.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Programs can be run there, and it is large enough. */
function isUsable(): boolean {
  if (!existsSync('/proc/mounts')) return false;
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const [, , type, options = ''] = mounts.find((line) => line.split(' ')[1] === SHARED_MEMORY)?.split(' ') ?? [];
  if (type !== 'tmpfs' || options.split(',').includes('noexec')) return false;
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  return bavail * bsize > ENOUGH;
}
