/** Reads from a report of strace(1) which files and connections a program opened. Pure. */
import { dirname, resolve } from 'node:path';
import type { SandboxDefinition } from '../../config/snapshot.ts';
import { isWithin } from '../../shared/is-within.ts';

interface Touched {
  /** Files that were opened or run. */
  readonly read: readonly string[];
  /** Folders that were opened. */
  readonly listed: readonly string[];
  /** Paths that were looked at and are there. */
  readonly seen: readonly string[];
  readonly written: readonly string[];
  /** True if it connected to another machine, or asked for a name. */
  readonly hasConnected: boolean;
}

/** A call that is over: what did it, with what, and whether it worked. */
const DONE = /^(?:\d+\s+)?(\w+)\((.*)\)\s+= (-?\d+)/;
const CUT = /^(\d+)\s+(.*) <unfinished \.\.\.>$/;
const REST = /^(\d+)\s+<\.\.\. \w+ resumed>(.*)$/;
const TEXT = /"((?:[^"\\]|\\.)*)"/g;
const OPENS = /^(?:open|openat|openat2|creat|execve|execveat)$/;
const LOOKS = /^(?:l?stat(?:64)?|newfstatat|statx|access|faccessat2?|readlink|readlinkat|chdir)$/;
const CHANGES =
  /^(?:creat|mkdir|mkdirat|unlink|unlinkat|rmdir|rename|renameat|renameat2|link|linkat|symlink|symlinkat|truncate)$/;

/** @param cwd in which the program was started */
export function readTrace(report: string, cwd: string): Touched {
  const read = new Set<string>();
  const listed = new Set<string>();
  const seen = new Set<string>();
  const written = new Set<string>();
  let hasConnected = false;
  for (const line of wholeCalls(report)) {
    const [, call = '', args = '', result] = DONE.exec(line) ?? [];
    if (call === 'connect') hasConnected ||= /AF_INET/.test(args) && !/"(?:127\.[\d.]+|::1)"/.test(args);
    if (result === undefined || Number(result) < 0) continue;
    const paths = [...args.matchAll(TEXT)].map(([, path = '']) => resolve(cwd, path));
    if (CHANGES.test(call) || (OPENS.test(call) && /O_(?:WRONLY|RDWR|CREAT|TRUNC)/.test(args))) {
      for (const path of call.startsWith('symlink') ? paths.slice(1) : paths) written.add(path);
    } else if (paths[0] === undefined) continue;
    else if (OPENS.test(call)) (args.includes('O_DIRECTORY') ? listed : read).add(paths[0]);
    else if (LOOKS.test(call)) seen.add(paths[0]);
  }
  return { read: [...read], listed: [...listed], seen: [...seen], written: [...written], hasConnected };
}

/** The lines of a report, with calls that others interrupted put together. */
function wholeCalls(report: string): readonly string[] {
  const cut = new Map<string, string>();
  return report.split('\n').flatMap((line) => {
    const [, pid, begin] = CUT.exec(line) ?? [];
    if (pid !== undefined && begin !== undefined) {
      cut.set(pid, begin);
      return [];
    }
    const [, of = '', rest = ''] = REST.exec(line) ?? [];
    return of === '' ? [line] : [`${cut.get(of) ?? ''}${rest}`];
  });
}

/**
 * The smallest sandbox for what was touched.
 * @param isInside says what every sandbox has
 * @param named paths that its entry names: what of these is only looked at is listed too
 */
export function sandboxFor(
  { read, listed, seen, written, hasConnected }: Touched,
  home: string,
  isInside: (path: string) => boolean,
  named: readonly string[] = [],
): SandboxDefinition {
  const write = outermost(written.filter((path) => !isInside(path)).map((path) => folderOf(path, home)));
  const folders = listed
    .filter((path) => !isInside(path) && !isBroad(path, home))
    .map((path) => packagesOf(path) ?? path);
  const files = read.filter((path) => !isInside(path)).map((path) => folderOf(path, home));
  const asked = named.filter((path) => seen.includes(path) && !isInside(path) && !isBroad(path, home));
  const shown = [...files, ...folders, ...asked].filter((path) => !write.some((folder) => isWithin(path, folder)));
  return { read: outermost(shown), write, network: hasConnected };
}

/** True for a folder that holds homes, or stands in the root: whoever lists one looks around. */
function isBroad(folder: string, home: string): boolean {
  return isWithin(home, folder) || dirname(folder) === '/';
}

/** The folder to list for a file: of all packages beside it, or its own; the file alone where that would be a home, or more. */
function folderOf(path: string, home: string): string {
  const folder = packagesOf(path) ?? dirname(path);
  return isBroad(folder, home) ? path : folder;
}

/** All packages of Node.js, or a whole installation or environment of Python; undefined for what is in none. */
function packagesOf(path: string): string | undefined {
  const [, packages] = /^(.*?\/node_modules)(?:\/|$)/.exec(path) ?? [];
  const [, environment] = /^(.*?)\/lib\/python[\d.]+(?:\/|$)/.exec(path) ?? [];
  return packages ?? environment;
}

function outermost(paths: readonly string[]): readonly string[] {
  const all = [...new Set(paths)].sort();
  return all.filter((path) => !all.some((other) => other !== path && isWithin(path, other)));
}
