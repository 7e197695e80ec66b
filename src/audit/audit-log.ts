/**
 * The audit log: records in, chained lines out. All records of one turn of the event loop share one write; where the turn before
 * had one record only, nobody waits for another one.
 */

import { createDeferred, type Deferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import { afterwards } from '../shared/event-loop-batch.ts';
import { systemCode } from '../shared/system-code.ts';
import { AppendFile } from './append-file.ts';
import type { AuditRecord, AuditSink } from './audit-record.ts';
import { createChainWriter } from './chain-writer.ts';
import { eventRecord } from './event-record.ts';
import { type AuditFs, nodeFs } from './file-system.ts';
import { type FoldLimits, foldRefusals } from './fold-refusals.ts';
import { behind } from './log-errors.ts';
import { pruneFiles } from './prune-logs.ts';
import { createBodies } from './record-line.ts';
import { type AgedFile, createRetention } from './retention.ts';
import { createStall } from './slow-pipe.ts';

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
  /** How many rotated files stay, however old they are, where they have room; default 10, at least 1. */
  readonly keep?: number;
  /** Milliseconds that every record stays, whatever there is of them; default a day. */
  readonly minAgeMs?: number;
  /** Bytes that the log and its rotated files may have together; default 4 GiB. */
  readonly maxTotalBytes?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic?: () => number;
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
  | { readonly kind: 'rotation-failed'; readonly error: unknown }
  /** Old files could not be removed. */
  | { readonly kind: 'pruning-failed'; readonly error: unknown }
  /** Others could read or write this; now its owner alone can. */
  | { readonly kind: 'tightened'; readonly path: string };

interface Batch {
  readonly bodies: string[];
  readonly written: Deferred<void>;
}

const MEBIBYTE = 1024 * 1024;
const DAY = 86_400_000;
/** Bytes of a log and its rotated files, where nobody says. */
export const MAX_TOTAL_BYTES = 4096 * MEBIBYTE;
/** Milliseconds that every record stays, where nobody says. */
export const MIN_AGE_MS = DAY;
/** No file is larger than this part of all. */
const SHARE = 8;

/**
 * Opens the log. Never throws: a log that cannot be opened is told to `onEvent` at once, refuses records, and is tried again
 * with each batch.
 */
export function openAudit(options: AuditOptions): AuditSink {
  const emit = options.onEvent ?? (() => {});
  const file = openFile(options, emit, (log, removable) => prune(log, removable));
  const timestamp = createClock(options.now ?? Date.now);
  const bodyOf = createBodies(options.redact, options.secretsVersion);
  const writer = createChainWriter(file, ({ reason, after }) =>
    bodyOf(
      eventRecord({
        operation: 'log_continued',
        decision: 'ALLOW',
        detail: after === undefined ? { reason } : { reason, after },
      }),
      timestamp(),
    ),
  );
  let pending: Batch | undefined;
  /** Records of this turn of the event loop, and whether the one before had several. */
  let records = 0;
  let wereSeveral = true;
  let failing = false;
  let closed = false;

  const failed = (cause: unknown, count: number): GatewayError => {
    failing = true;
    const error = unavailable(cause);
    emit({ kind: 'failed', error, records: count });
    return error;
  };

  const recovered = (): void => {
    if (failing) emit({ kind: 'recovered' });
    failing = false;
  };

  const stall = createStall(file, { failed, recovered, monotonic: options.monotonic });

  /** @returns what went wrong; a promise where a pipe has not taken everything yet. */
  const write = (bodies: readonly string[]): GatewayError | Promise<void> | undefined => {
    const failure = writer.write(bodies);
    if (failure !== undefined) return failed(failure.error, bodies.length);
    if (file.isBehind()) return stall.wait();
    recovered();
    return undefined;
  };

  const flush = (): void => {
    const batch = pending;
    if (batch === undefined) return;
    pending = undefined;
    const outcome = write(batch.bodies);
    const { resolve, reject } = batch.written;
    if (outcome === undefined) resolve();
    else if (outcome instanceof GatewayError) reject(outcome);
    else outcome.then(resolve, reject);
  };

  const endTurn = (): void => {
    wereSeveral = records > 1;
    records = 0;
    flush();
  };

  try {
    file.prepare(0);
  } catch (error) {
    failed(error, 0);
  }

  const append = (record: AuditRecord): Promise<void> | undefined => {
    if (closed) return refused(unavailable(undefined));
    // Nobody waits behind a reader that has taken nothing for so long already.
    if (stall.isOver()) return refused(unavailable(behind()));
    const body = bodyOf(record, timestamp());
    // After everything that this turn of the event loop has to say.
    if (records++ === 0) afterwards(endTurn);
    if (records === 1 && !wereSeveral) {
      const outcome = write([body]);
      return outcome instanceof GatewayError ? refused(outcome) : outcome;
    }
    pending ??= createBatch();
    pending.bodies.push(body);
    return pending.written.promise;
  };
  let isPruning = false;
  const prune = (log: string, removable: readonly AgedFile[]): void => {
    if (isPruning) return;
    isPruning = true;
    pruneFiles(options.files ?? nodeFs, log, removable, append)
      .catch((error: unknown) => {
        if (!closed) emit({ kind: 'pruning-failed', error });
      })
      .finally(() => {
        isPruning = false;
      });
  };
  const folding = foldRefusals({ append }, options.fold);

  return {
    append,
    refuse: folding.refuse,
    close() {
      folding.flush();
      flush();
      closed = true;
      stall.end();
      file.close();
      return Promise.resolve();
    },
  };
}

function openFile(
  options: AuditOptions,
  emit: (event: AuditEvent) => void,
  onRemovable: (log: string, removable: readonly AgedFile[]) => void,
): AppendFile {
  const { maxTotalBytes = MAX_TOTAL_BYTES, maxBytes = 64 * MEBIBYTE } = options;
  const files = options.files ?? nodeFs;
  const now = options.now ?? Date.now;
  const monotonic = options.monotonic ?? (() => performance.now());
  const { keep = 10, minAgeMs = MIN_AGE_MS } = options;
  return new AppendFile({
    files,
    path: options.path,
    maxBytes: Math.min(maxBytes, Math.floor(maxTotalBytes / SHARE)),
    maxAgeMs: options.maxAgeMs ?? 30 * DAY,
    retention: createRetention({ files, keep, minAgeMs, maxTotalBytes, now, monotonic }),
    now,
    monotonic,
    onRotationFailure: (error) => emit({ kind: 'rotation-failed', error }),
    onTightened: (path) => emit({ kind: 'tightened', path }),
    onRemovable,
  });
}

function createBatch(): Batch {
  const written = createDeferred<void>();
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
  if (code === 'AUDIT_FULL') return fullError(cause);
  const why = cause === undefined ? ' because the gateway is stopping' : code === undefined ? '' : ` (${code})`;
  const message = `The audit log cannot be written${why}. Ask whoever runs the gateway to look at its log, then try again.`;
  return new GatewayError('AUDIT_UNAVAILABLE', message, cause === undefined ? {} : { cause });
}

function fullError(cause: unknown): GatewayError {
  const message =
    'The audit log is full, and its records are too young to be removed. Ask whoever runs the gateway to make room (docs/audit.md, Rotation).';
  return new GatewayError('AUDIT_UNAVAILABLE', message, { cause });
}
