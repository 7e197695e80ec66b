/** What is in a home folder, and what runs for it. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Name -> mode and content of everything below a folder, but for what npm keeps. */
export function treeOf(dir) {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    names.filter((name) => !/^\.npm(?:\/|$)/.test(name)).map((name) => [name, factsOf(path.join(dir, name))]),
  );
}

function factsOf(file) {
  const facts = lstatSync(file);
  const content = facts.isSymbolicLink() ? readlinkSync(file) : facts.isFile() ? readFileSync(file, 'latin1') : '';
  return `${(facts.mode & 0o7777).toString(8)} ${content}`;
}

/** Whether a client writes this by itself. */
export function ownOf({ writes }, name) {
  return writes.test(name);
}

/** Processes whose environment has this home folder: number and command. */
export function processesOf(home) {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.includes(`HOME=${home}`)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
    } catch {
      return [];
    }
  });
}
