/** The part of the file system that the audit log needs; tests put failures in. */
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type AuditFs = Pick<
  typeof fs,
  | 'chmodSync'
  | 'closeSync'
  | 'fchmodSync'
  | 'fstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readFileSync'
  | 'readSync'
  | 'readdirSync'
  | 'realpathSync'
  | 'renameSync'
  | 'statSync'
  | 'unlinkSync'
  | 'utimesSync'
  | 'writeSync'
>;

export const nodeFs: AuditFs = fs;

/** The identity of a file, whatever its name is now. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** A file that was the log: `audit.jsonl.000007`. Numbers only grow, so that a hole in them shows. */
export interface RotatedFile {
  readonly path: string;
  readonly number: number;
}

/** As many digits as the gateway writes: what has more is a date that another program gave the file. */
const ROTATED = /^(.+)\.(\d{6})$/;

export function rotatedPath(log: string, number: number): string {
  return `${log}.${String(number).padStart(6, '0')}`;
}

/** The log that a rotated file belongs to, undefined where the name is not of a rotated file. */
export function rotatedName(path: string): { readonly log: string; readonly number: number } | undefined {
  const match = ROTATED.exec(path);
  if (match?.[1] === undefined) return undefined;
  return { log: match[1], number: Number(match[2]) };
}

/** The rotated files beside a log, oldest first. @throws what readdir throws. */
export function rotatedFiles(files: Pick<AuditFs, 'readdirSync'>, log: string): RotatedFile[] {
  const name = basename(log);
  const found: RotatedFile[] = [];
  for (const entry of files.readdirSync(dirname(log))) {
    const rotated = rotatedName(entry);
    if (rotated?.log === name) found.push({ path: join(dirname(log), entry), number: rotated.number });
  }
  return found.sort((a, b) => a.number - b.number);
}
