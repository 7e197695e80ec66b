/** The requests of one peer that have no response yet: their time-outs, and what their callers wait for. */
import type { ResponseMessage } from '../../protocol/json-rpc.ts';
import type { GatewayError } from '../../shared/errors.ts';
import { NumberTable } from '../../shared/number-table.ts';
import type { RequestOptions, Tenant } from '../contract.ts';
import { afterSending, timedOut } from '../failures.ts';
import { createSharedTimer, type SharedTimer } from './shared-timer.ts';

/** Milliseconds that progress can extend a call to; a longer time-out of its own counts (docs/operations.md, Servers). */
export const MAX_TOTAL_MS = 600_000;
/** Milliseconds, at least, in which a server may go on with a call that was given up; and how many such calls are remembered. */
const ABANDONED_MS = 60_000;
const MAX_ABANDONED = 1_000;

export interface CallOptions extends RequestOptions {
  /** False for `initialize`, which must not be cancelled (2025-11-25, utilities/cancellation). */
  readonly cancellable?: boolean;
  /** Ask for progress although nobody listens: it extends the time-out. */
  readonly progress?: boolean;
  /** The caller behind the call: what names no request is for nobody while several callers may be meant (message-cause.ts). */
  readonly caller?: Tenant | undefined;
}

/** Makes what a caller gets of a response, or of the failure to get one. */
export interface ResponseReader<T> {
  /** @throws what the request rejects with. */
  read(message: ResponseMessage, method: string): T;
  /** @returns what the request rejects with. */
  fail(error: unknown): unknown;
}

/** One request without a response. What can be done with it is in `PendingRequests`, so that a call costs one object. */
export interface PendingRequest {
  readonly id: number;
  readonly method: string;
  options: CallOptions;
  reader: ResponseReader<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly startedAt: number;
  /** The time at which it has taken too long; Infinity for never. Like all times here, in milliseconds of `performance.now`. */
  deadline: number;
  /** The number of questions to its caller that stop the time-out. */
  holds: number;
  onAbort: (() => void) | undefined;
}

/** The trace of a request that has ended. */
const NO_OPTIONS: CallOptions = { timeoutMs: Number.POSITIVE_INFINITY };
const NO_READER: ResponseReader<unknown> = { read: () => undefined, fail: () => undefined };
const ignore = (): void => {};

export class PendingRequests {
  readonly #server: string;
  readonly #cancel: (id: number, reason: string) => void;
  readonly #requests = new NumberTable<PendingRequest>();
  /** Callers of requests that were given up and that the server has not answered, by id. */
  readonly #abandoned = new Map<number, { readonly caller: Tenant; readonly until: number }>();
  readonly #timer: SharedTimer;
  #newestId = 0;

  /**
   * @param server its name.
   * @param cancel tells the server that a request was given up: by its caller or because it took too long.
   */
  constructor(server: string, cancel: (id: number, reason: string) => void) {
    this.#server = server;
    this.#cancel = cancel;
    this.#timer = createSharedTimer(() => this.#expire());
  }

  get(id: number): PendingRequest | undefined {
    return this.#requests.get(id);
  }

  /** In the order in which they began. */
  all(): Iterable<PendingRequest> {
    return this.#requests.values();
  }

  /** Callers of requests that the server may still work on, and ask about, although they were given up. */
  *abandonedCallers(): Iterable<Tenant> {
    const now = performance.now();
    for (const [id, { caller, until }] of this.#abandoned) {
      if (until > now) yield caller;
      else this.#abandoned.delete(id);
    }
  }

  /** Gives a request its id and starts its time-out. */
  add<T>(
    method: string,
    options: CallOptions,
    reader: ResponseReader<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): PendingRequest {
    const { signal } = options;
    const now = performance.now();
    const request: PendingRequest = {
      id: ++this.#newestId,
      method,
      options,
      reader,
      resolve,
      reject,
      startedAt: now,
      deadline: Number.POSITIVE_INFINITY,
      holds: 0,
      onAbort: signal && (() => this.#giveUp(request, signal.reason, 'The caller cancelled.')),
    };
    this.#requests.add(request.id, request);
    this.restartTimeout(request, now);
    if (request.onAbort !== undefined) signal?.addEventListener('abort', request.onAbort, { once: true });
    return request;
  }

  /** True where a request had this id, pending or not. */
  hasIssued(id: number): boolean {
    return id > 0 && id <= this.#newestId;
  }

  /** Takes a response that comes too late. @returns false where no request had this id */
  acceptLate(id: number): boolean {
    this.#abandoned.delete(id);
    return this.hasIssued(id);
  }

  settle(request: PendingRequest, message: ResponseMessage): void {
    const { reader, resolve, reject, method } = request;
    this.#remove(request);
    try {
      resolve(reader.read(message, method));
    } catch (error) {
      reject(error);
    }
  }

  fail(request: PendingRequest, error: unknown): void {
    const { reader, reject, method } = request;
    this.#remove(request);
    reject(reader.fail(afterSending(method, error)));
  }

  /** Fails all of them, for good. */
  failAll(error: GatewayError): void {
    this.#timer.stop();
    for (const request of this.#requests.values()) this.fail(request, error);
  }

  /** Starts the time-out anew, within what the request may take in all. */
  restartTimeout(request: PendingRequest, now: number = performance.now()): void {
    const { timeoutMs } = request.options;
    if (!Number.isFinite(timeoutMs)) return;
    const last = request.startedAt + Math.max(MAX_TOTAL_MS, timeoutMs);
    request.deadline = request.holds > 0 ? last : Math.min(now + timeoutMs, last);
    this.#timer.at(request.deadline);
  }

  /** Stops the time-out while the caller is asked something; each call has its `resume`. */
  hold(request: PendingRequest): void {
    request.holds++;
    if (this.#requests.get(request.id) !== undefined) this.restartTimeout(request);
  }

  resume(request: PendingRequest): void {
    request.holds--;
    if (this.#requests.get(request.id) !== undefined) this.restartTimeout(request);
  }

  /** Gives up what has taken too long. @returns when to look again */
  #expire(): number {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const request of this.#requests.values()) {
      if (request.deadline > now) next = Math.min(next, request.deadline);
      else this.#giveUp(request, timedOut(this.#server, request.method, now - request.startedAt), 'Time-out.');
    }
    return next;
  }

  #giveUp(request: PendingRequest, error: unknown, reason: string): void {
    const { cancellable, caller, timeoutMs } = request.options;
    if (caller !== undefined) {
      const [oldest] = this.#abandoned.keys();
      if (oldest !== undefined && this.#abandoned.size >= MAX_ABANDONED) this.#abandoned.delete(oldest);
      const forMs = Math.min(Math.max(timeoutMs, ABANDONED_MS), MAX_TOTAL_MS);
      this.#abandoned.set(request.id, { caller, until: performance.now() + forMs });
    }
    this.fail(request, error);
    if (cancellable !== false) this.#cancel(request.id, reason);
  }

  #remove(request: PendingRequest): void {
    this.#requests.delete(request.id);
    if (request.onAbort !== undefined) request.options.signal?.removeEventListener('abort', request.onAbort);
    // V8 keeps the former tables of a map, each with what was in it, until a full collection: they must not keep whole calls.
    request.options = NO_OPTIONS;
    request.reader = NO_READER;
    request.resolve = ignore;
    request.reject = ignore;
    request.onAbort = undefined;
  }
}
