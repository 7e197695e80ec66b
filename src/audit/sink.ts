/**
 * The audit log: records in, chained lines out. All records of one turn of the event loop share one write; where the turn before
 * had one record only, nobody waits for another one.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import { type Promised, promised } from '../shared/promised.ts';
import { systemCode } from '../shared/system-code.ts';
import { afterwards } from '../shared/turn.ts';
import { type AppendFile, openAppendFile } from './append-file.ts';
import { type AuditFs, nodeFs } from './files.ts';
import { type FoldLimits, foldRefusals } from './fold.ts';
import { createBodies, digestOf, FIRST_PREV, hashText, placeText } from './line.ts';
import type { AuditRecord, AuditSink } from './record.ts';

export interface AuditOptions {
  /** The log. It and its directory are made when missing, for their owner alone. Devices such as /dev/null are fine. */
  readonly path: string;
  /** Applied to every record before it is hashed and written. */
  readonly redact: (text: string) => string;
  /** Changes when there are other secrets. */
  readonly secretsVersion?: () => number;
  /** Bytes after which the log is rotated; default 64 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds after which the log is rotated; default 30 days. */
  readonly maxAgeMs?: number;
  /** How many rotated files stay; default 10, at least 1. */
  readonly keep?: number;
  /** Milliseconds since 1970; default the system's clock. */
  readonly now?: () => number;
  readonly files?: AuditFs;
  readonly fold?: FoldLimits;
  readonly onEvent?: (event: AuditEvent) => void;
}

/** For the log and the metrics of the gateway. */
export type AuditEvent =
  /** Records of one batch that could not be written. The error's cause is the system's. */
  | { readonly kind: 'failed'; readonly error: GatewayError; readonly records: number }
  /** The first batch that was written after a failure. */
  | { readonly kind: 'recovered' }
  /** The log could not be rotated and goes on growing. */
  | { readonly kind: 'rotation-failed'; readonly error: unknown };

interface Batch {
  readonly bodies: string[];
  readonly written: Promised<void>;
}

const MEBIBYTE = 1024 * 1024;
const DAY = 86_400_000;
/** A batch is written in pieces of about this many characters; a line is never split. */
const PIECE = MEBIBYTE;
/** Bytes of the place in which most batches are put together. */
const KEPT_ROOM = 128 * 1024;

/**
 * Opens the log. Never throws: a log that cannot be opened is told to `onEvent` at once, refuses records, and is tried again
 * with each batch.
 */
export function openAudit(options: AuditOptions): AuditSink {
  const emit = options.onEvent ?? (() => {});
  const file = openAppendFile({
    files: options.files ?? nodeFs,
    path: options.path,
    maxBytes: options.maxBytes ?? 64 * MEBIBYTE,
    maxAgeMs: options.maxAgeMs ?? 30 * DAY,
    keep: options.keep ?? 10,
    now: options.now ?? Date.now,
    onRotationFailure: (error) => emit({ kind: 'rotation-failed', error }),
  });
  const writer = createWriter(file);
  const timestamp = createClock(options.now ?? Date.now);
  const bodyOf = createBodies(options.redact, options.secretsVersion);
  let pending: Batch | undefined;
  /** Records of this turn of the event loop, and whether the one before had several. */
  let records = 0;
  let wereSeveral = true;
  let failing = false;
  let closed = false;

  const write = (bodies: readonly string[]): GatewayError | undefined => {
    const failure = writer.write(bodies);
    if (failure === undefined) {
      if (failing) emit({ kind: 'recovered' });
      failing = false;
      return undefined;
    }
    failing = true;
    const error = unavailable(failure.error);
    emit({ kind: 'failed', error, records: bodies.length });
    return error;
  };

  const flush = (): void => {
    const batch = pending;
    if (batch === undefined) return;
    pending = undefined;
    const error = write(batch.bodies);
    if (error === undefined) batch.written.resolve();
    else batch.written.reject(error);
  };

  const endTurn = (): void => {
    wereSeveral = records > 1;
    records = 0;
    flush();
  };

  const opened = file.append(Buffer.alloc(0));
  if (!opened.ok) {
    failing = true;
    emit({ kind: 'failed', error: unavailable(opened.error), records: 0 });
  }

  const append = (record: AuditRecord): Promise<void> | undefined => {
    if (closed) return refused(unavailable(undefined));
    const body = bodyOf(record, timestamp());
    // After everything that this turn of the event loop has to say.
    if (records++ === 0) afterwards(endTurn);
    if (records === 1 && !wereSeveral) {
      const error = write([body]);
      return error && refused(error);
    }
    pending ??= createBatch();
    pending.bodies.push(body);
    return pending.written.promise;
  };
  const folding = foldRefusals({ append }, options.fold);

  return {
    append,
    refuse: folding.refuse,
    close() {
      folding.flush();
      flush();
      closed = true;
      file.close();
      return Promise.resolve();
    },
  };
}

/** Bytes that the chain adds to a body, generously. */
const CHAIN_BYTES = 512;

/** Most batches are put together in one place that is used again. */
let keptRoom: Buffer | undefined;

function roomFor(bodies: readonly string[]): Buffer {
  // A UTF-16 code unit has at most three bytes in UTF-8.
  const needed = bodies.reduce((sum, body) => sum + 3 * body.length + CHAIN_BYTES, 0);
  if (needed > KEPT_ROOM) return Buffer.allocUnsafeSlow(needed);
  keptRoom ??= Buffer.allocUnsafeSlow(KEPT_ROOM);
  return keptRoom;
}

/** Keeps the chain of this process. Its state follows what is in the file, not what was meant to be. */
function createWriter(file: AppendFile) {
  const id = randomBytes(8).toString('hex');
  let seq = 0;
  let prev = FIRST_PREV;
  let torn = 0;

  const writePiece = (bodies: readonly string[]): { readonly error: unknown } | undefined => {
    const hashes: string[] = [];
    const room = roomFor(bodies);
    let end = 0;
    for (const body of bodies) {
      const before = hashes.at(-1) ?? prev;
      const place = { writer: id, seq: seq + hashes.length + 1, prev: before, torn: hashes.length === 0 ? torn : 0 };
      const start = end;
      end += room.write(body, end, 'utf8');
      end += room.write(placeText(place), end, 'latin1');
      const digest = digestOf(room.subarray(start, end));
      end += room.write(`${hashText(digest)}\n`, end, 'latin1');
      hashes.push(digest);
    }
    const bytes = room.subarray(0, end);
    const appended = file.append(bytes);
    const { lines, fragment } = appended.ok
      ? { lines: bodies.length, fragment: false }
      : wholeLines(bytes, appended.written);
    if (lines > 0) {
      seq += lines;
      prev = hashes[lines - 1] ?? prev;
      torn = 0;
    }
    if (fragment) torn++;
    return appended.ok ? undefined : { error: appended.error };
  };

  return {
    /** @returns what went wrong, if anything did. */
    write(bodies: readonly string[]): { readonly error: unknown } | undefined {
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

/** How many lines of a write that stopped after `written` bytes are in the file, and whether a part of another one is. */
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

function createBatch(): Batch {
  const written = promised<void>();
  written.promise.catch(ignore);
  return { bodies: [], written };
}

function refused(error: GatewayError): Promise<void> {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

/** Nobody has to wait for a record: a failure is told to `onEvent` in any case. */
function ignore(): void {}

/** ISO 8601 in UTC with milliseconds; formatted once per millisecond. */
function createClock(now: () => number): () => string {
  let last = Number.NaN;
  let text = '';
  return () => {
    const time = now();
    if (time !== last) {
      last = time;
      text = new Date(time).toISOString();
    }
    return text;
  };
}

/** The message is for agents: it names no path. The cause is for the log of the gateway. */
function unavailable(cause: unknown): GatewayError {
  const code = systemCode(cause);
  const why = cause === undefined ? ' because the gateway is stopping' : code === undefined ? '' : ` (${code})`;
  const message = `The audit log cannot be written${why}. Ask whoever runs the gateway to look at its log, then try again.`;
  return new GatewayError('AUDIT_UNAVAILABLE', message, cause === undefined ? {} : { cause });
}
