/**
 * The audit log: records in, chained lines out. All records of one turn of the event loop share one write; where the turn before
 * had one record only, nobody waits for another one.
 */

import { createDeferred, type Deferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import { afterwards } from '../shared/event-loop-batch.ts';
import { systemCode } from '../shared/system-code.ts';
import { AppendFile, type LogFileChange } from './append-file.ts';
import type { AuditRecord, AuditSink } from './audit-record.ts';
import { type ChainWriter, createChainWriter } from './chain-writer.ts';
import { eventRecord } from './event-record.ts';
import { type AuditFs, nodeFs } from './file-system.ts';
import { type FoldLimits, foldRefusals } from './fold-refusals.ts';
import type { ChainHead } from './heads/signed-head.ts';
import { behind } from './log-errors.ts';
import { createBodies } from './record-line.ts';
import { type AgedFile, createRetention } from './retention.ts';
import { Stall } from './slow-pipe.ts';

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
  /** The number of rotated files that stay, however old they are, where they have room; default 10, at least 1. */
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
  /** The log was rotated: its last record until then is in the file before. */
  readonly onRotated?: () => void;
  /** Counts the calls of the rotated files of a log, before the oldest go. Nobody waits for it but that. */
  readonly summarise?: (log: string) => Promise<unknown>;
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
const MAX_TOTAL_BYTES = 4096 * MEBIBYTE;
/** Milliseconds that every record stays, where nobody says. */
const MIN_AGE_MS = DAY;
/** No file is larger than this part of all. */
const SHARE = 8;

/**
 * Opens the log. Never throws: a log that cannot be opened is told to `onEvent` at once, refuses records, and is tried again
 * with each batch.
 */
export function openAudit(options: AuditOptions): AuditLog {
  return new AuditLog(options);
}

class AuditLog implements AuditSink {
  readonly #options: AuditOptions;
  readonly #file: AppendFile;
  readonly #timestamp: () => string;
  readonly #bodyOf: (record: AuditRecord, timestamp: string) => string;
  readonly #writer: ChainWriter;
  readonly #stall: Stall;
  readonly #refusals: ReturnType<typeof foldRefusals>;
  #pending: Batch | undefined;
  /** Records of this turn of the event loop. */
  #records = 0;
  /** True where the turn before had several. */
  #wereSeveral = true;
  #isFailing = false;
  #pruning: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#timestamp = createClock(options.now ?? Date.now);
    this.#bodyOf = createBodies(options.redact, options.secretsVersion);
    this.#file = openFile(
      options,
      (event) => this.#emit(event),
      (log, removable) => this.#rotated(log, removable),
    );
    this.#writer = createChainWriter(this.#file, (change) => this.#bodyOf(continuation(change), this.#timestamp()));
    this.#stall = new Stall(this.#file, {
      failed: (cause, records) => this.#fail(cause, records),
      recovered: () => this.#recover(),
      monotonic: options.monotonic,
    });
    this.#refusals = foldRefusals(this, options.fold);
    try {
      this.#file.prepare(0);
    } catch (error) {
      this.#fail(error, 0);
    }
  }

  append(record: AuditRecord): Promise<void> | undefined {
    if (this.#isClosed) return refused(unavailable(undefined));
    // Nobody waits behind a reader that has taken nothing for so long already.
    if (this.#stall.isOver()) return refused(unavailable(behind()));
    const body = this.#bodyOf(record, this.#timestamp());
    // After everything that this turn of the event loop has to say.
    if (this.#records++ === 0) afterwards(this.#endTurn);
    if (this.#records === 1 && !this.#wereSeveral) {
      const outcome = this.#write([body]);
      return outcome instanceof GatewayError ? refused(outcome) : outcome;
    }
    this.#pending ??= createBatch();
    this.#pending.bodies.push(body);
    return this.#pending.written.promise;
  }

  refuse(record: AuditRecord): Promise<void> | undefined {
    return this.#refusals.refuse(record);
  }

  close(): Promise<void> {
    this.#refusals.flush();
    this.#flush();
    this.#isClosed = true;
    this.#stall.end();
    this.#file.close();
    return Promise.resolve();
  }

  /** The last record of this process; undefined where there is none. */
  head(): ChainHead | undefined {
    return this.#writer.head();
  }

  /** Resolves when no file is being counted or removed any more. */
  async settled(): Promise<void> {
    await this.#pruning;
  }

  readonly #endTurn = (): void => {
    this.#wereSeveral = this.#records > 1;
    this.#records = 0;
    this.#flush();
  };

  #flush(): void {
    const batch = this.#pending;
    if (batch === undefined) return;
    this.#pending = undefined;
    const outcome = this.#write(batch.bodies);
    const { resolve, reject } = batch.written;
    if (outcome === undefined) resolve();
    else if (outcome instanceof GatewayError) reject(outcome);
    else outcome.then(resolve, reject);
  }

  /** @returns what went wrong; a promise where a pipe has not taken everything yet. */
  #write(bodies: readonly string[]): GatewayError | Promise<void> | undefined {
    const failure = this.#writer.write(bodies);
    if (failure !== undefined) return this.#fail(failure.error, bodies.length);
    if (this.#file.isBehind()) return this.#stall.wait();
    this.#recover();
    return undefined;
  }

  #fail(cause: unknown, records: number): GatewayError {
    this.#isFailing = true;
    const error = unavailable(cause);
    this.#emit({ kind: 'failed', error, records });
    return error;
  }

  #recover(): void {
    if (this.#isFailing) this.#emit({ kind: 'recovered' });
    this.#isFailing = false;
  }

  #rotated(log: string, removable: readonly AgedFile[]): void {
    const { files = nodeFs, summarise = ignore, onRotated } = this.#options;
    onRotated?.();
    this.#pruning ??= Promise.resolve(summarise(log))
      .catch(ignore)
      // Loaded when the first file is full.
      .then(() => import('./prune-logs.ts'))
      .then(({ pruneFiles }) => pruneFiles(files, log, removable, (record) => this.append(record)))
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#emit({ kind: 'pruning-failed', error });
      })
      .finally(() => {
        this.#pruning = undefined;
        // What it says that it removed counts once it is in a head.
        onRotated?.();
      });
  }

  #emit(event: AuditEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** The record of what happened to the file, which comes before the next line. */
function continuation({ reason, after }: LogFileChange): AuditRecord {
  const detail = after === undefined ? { reason } : { reason, after };
  return eventRecord({ operation: 'log_continued', decision: 'ALLOW', detail });
}

function openFile(
  options: AuditOptions,
  emit: (event: AuditEvent) => void,
  onRotated: (log: string, removable: readonly AgedFile[]) => void,
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
    onRotated,
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
