/** The chain of this process: records get their place in it and go into the file. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { AppendFile, LogFileChange } from './append-file.ts';
import type { ChainHead } from './heads/signed-head.ts';
import { FIRST_PREV, hashText, placeText, recordDigest } from './record-line.ts';

/** A batch is written in pieces of about this many characters; a line is never split. */
const PIECE = 1024 * 1024;
/** Bytes of the place in which most batches are put together. */
const KEPT_ROOM = 128 * 1024;

/** Bytes that the chain adds to a body, generously. */
const CHAIN_BYTES = 320;

/** Bytes of the lines, at most where they are ASCII, as most are. */
function sizeOf(bodies: readonly string[]): number {
  return bodies.reduce((sum, body) => sum + body.length + CHAIN_BYTES, 0);
}

/** Most batches are put together in one place that is used again. */
let keptRoom: Buffer | undefined;

function roomFor(text: string): Buffer {
  // A UTF-16 code unit has at most three bytes in UTF-8.
  const needed = 3 * text.length;
  if (needed > KEPT_ROOM) return Buffer.allocUnsafeSlow(needed);
  keptRoom ??= Buffer.allocUnsafeSlow(KEPT_ROOM);
  return keptRoom;
}

export interface ChainWriter {
  /** Writes bodies of records as lines. @returns what went wrong, if anything did. */
  write(bodies: readonly string[]): { readonly error: unknown } | undefined;
  /** The last record that it wrote; undefined for none. */
  head(): ChainHead | undefined;
}

/**
 * Keeps the chain of this process. Its state follows what is in the file, not what was meant to be.
 * @param bodyOf the body of the record of what happened to the file, which comes before the next line.
 */
export function createChainWriter(
  file: Pick<AppendFile, 'prepare' | 'append'>,
  bodyOf: (change: LogFileChange) => string,
): ChainWriter {
  const id = randomBytes(8).toString('hex');
  let seq = 0;
  let prev = FIRST_PREV;
  let torn = 0;
  /** The change of the file that is in no record yet. */
  let change: LogFileChange | undefined;

  const writePiece = (records: readonly string[]): { readonly error: unknown } | undefined => {
    try {
      change = file.prepare(sizeOf(records)) ?? change;
    } catch (error) {
      return { error };
    }
    const bodies = change === undefined ? records : [bodyOf(change), ...records];
    const hashes: string[] = [];
    let text = '';
    for (const body of bodies) {
      const before = hashes.at(-1) ?? prev;
      const place = { writer: id, seq: seq + hashes.length + 1, prev: before, torn: hashes.length === 0 ? torn : 0 };
      const head = body + placeText(place);
      const digest = recordDigest(head);
      text += `${head}${hashText(digest)}\n`;
      hashes.push(digest);
    }
    const room = roomFor(text);
    const bytes = room.subarray(0, room.write(text));
    const appended = file.append(bytes);
    const { lines, fragment } = appended.ok
      ? { lines: bodies.length, fragment: false }
      : wholeLines(bytes, appended.written);
    if (lines > 0) {
      change = undefined;
      seq += lines;
      prev = hashes[lines - 1] ?? prev;
      torn = 0;
    }
    if (fragment) torn++;
    return appended.ok ? undefined : { error: appended.error };
  };

  return {
    head: () => (seq === 0 ? undefined : { writer: id, seq, hash: prev }),
    write(bodies) {
      let from = 0;
      let length = 0;
      for (const [index, body] of bodies.entries()) {
        length += body.length;
        if (length < PIECE && index < bodies.length - 1) continue;
        const failure = writePiece(bodies.slice(from, index + 1));
        if (failure !== undefined) return failure;
        from = index + 1;
        length = 0;
      }
      return undefined;
    },
  };
}

/** Counts the lines of a write that stopped after `written` bytes are in the file, and whether a part of another one is. */
function wholeLines(bytes: Buffer, written: number): { readonly lines: number; readonly fragment: boolean } {
  let lines = 0;
  let end = 0;
  for (let at = bytes.indexOf('\n'); at >= 0 && at <= written; at = bytes.indexOf('\n', at + 1)) {
    // `at === written`: only the line feed is missing, and whoever writes next adds it.
    lines++;
    end = at + 1;
  }
  return { lines, fragment: written > end };
}
