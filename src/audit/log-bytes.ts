/** Single bytes and lines of an open log. */
import { Buffer } from 'node:buffer';
import type { Stats } from 'node:fs';
import type { AuditFs } from './file-system.ts';

const FEED = Buffer.from('\n');
/** Bytes that tell one file from another. */
const HEAD = 256;

/** Ends a line that was cut off. If that fails too, the next append finds it unended. */
export function endLine(files: AuditFs, fd: number): void {
  try {
    files.writeSync(fd, FEED);
  } catch {
    // The disk is still full.
  }
}

/** The last byte of a file of this size. */
export function lastByte(files: AuditFs, fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  return files.readSync(fd, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/** The first bytes of a file. */
export function readHead(files: AuditFs, fd: number): Buffer {
  const head = Buffer.alloc(HEAD);
  return head.subarray(0, files.readSync(fd, head, 0, HEAD, 0));
}

/** True if a file still begins with these bytes. */
export function startsWith(files: AuditFs, fd: number, head: Buffer): boolean {
  return readHead(files, fd).subarray(0, head.length).equals(head);
}

/** Age of a file as its first line tells it; the file system's own idea where the line does not. */
export function firstTimestamp(files: AuditFs, fd: number, stats: Stats): number {
  const found = /^\{"timestamp":"([^"]+)"/.exec(readHead(files, fd).toString('latin1'))?.[1];
  const time = found === undefined ? Number.NaN : Date.parse(found);
  return Number.isNaN(time) ? stats.birthtimeMs || stats.mtimeMs : time;
}
