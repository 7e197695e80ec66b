/** The requests of one peer that have no response yet: their time-outs, and what their callers wait for. */
import type { ResponseMessage } from '../../protocol/json-rpc.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { RequestOptions, Tenant } from '../contract.ts';
import { afterSending, timedOut } from '../failures.ts';
import { createSharedTimer } from './shared-timer.ts';

/** Milliseconds that progress can extend a call to; a longer time-out of its own counts (docs/operations.md, Servers). */
export const MAX_TOTAL_MS = 600_000;
/** Milliseconds, at least, in which a server may go on with a call that was given up; and how many such calls are remembered. */
const GIVEN_UP_MS = 60_000;
const MAX_GIVEN_UP = 1_000;

export interface CallOptions extends RequestOptions {
  /** False for `initialize`, which must not be cancelled (2025-11-25, utilities/cancellation). */
  readonly cancellable?: boolean;
  /** Ask for progress although nobody listens: it extends the time-out. */
  readonly progress?: boolean;
  /** Who is behind the call: what names no request is for nobody while several of them may be meant (network-error.ts). */
  readonly party?: Tenant | undefined;
}

/** One request without a response. What can be done with it is in `PendingRequests`, so that a call costs one object. */
export interface PendingRequest {
  readonly id: number;
  readonly method: string;
  options: CallOptions;
  resolve: (message: ResponseMessage) => void;
  reject: (error: unknown) => void;
  readonly startedAt: number;
  /** When it has taken too long; Infinity for never. Like all times here, in milliseconds of `performance.now`. */
  deadline: number;
  /** How many questions to its caller stop the time-out. */
  holds: number;
  aborted: (() => void) | undefined;
}

/** What is left of a call that has ended. */
const OVER: CallOptions = { timeoutMs: Number.POSITIVE_INFINITY };
const ignore = (): void => {};

export interface PendingRequests {
  get(id: number): PendingRequest | undefined;
  /** In the order in which they began. */
  all(): Iterable<PendingRequest>;
  /** Who gave up calls that the server has not answered: for one more time-out it may go on with them, and ask. */
  givenUp(): Iterable<Tenant>;
  /** Whether a request had this id. */
  began(id: number): boolean;
  /** Takes an answer that comes too late. @returns false where no request had this id */
  late(id: number): boolean;
  /** Gives a request its id and starts its time-out. */
  begin(
    method: string,
    options: CallOptions,
    resolve: (message: ResponseMessage) => void,
    reject: (error: unknown) => void,
  ): PendingRequest;
  settle(call: PendingRequest, message: ResponseMessage): void;
  fail(call: PendingRequest, error: unknown): void;
  /** Starts the time-out anew, within what the call may take in all. */
  restart(call: PendingRequest): void;
  /** The time-out stands still while the caller of `call` is asked something: 1 before, -1 after. */
  hold(call: PendingRequest, change: 1 | -1): void;
  /** Fails all of them, for good. */
  failAll(error: GatewayError): void;
}

/**
 * @param server its name.
 * @param cancelled told of a call that was given up: by its caller or because it took too long.
 */
export function createPendingRequests(
  server: string,
  cancelled: (id: number, reason: string) => void,
): PendingRequests {
  const calls = new Map<number, PendingRequest>();
  const givenUp = new Map<number, { readonly party: Tenant; readonly until: number }>();
  let newest = 0;

  const alarm = createSharedTimer(() => {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const call of [...calls.values()]) {
      if (call.deadline > now) next = Math.min(next, call.deadline);
      else giveUp(call, timedOut(server, call.method, now - call.startedAt), 'Time-out.');
    }
    return next;
  });

  function end(call: PendingRequest): void {
    calls.delete(call.id);
    if (call.aborted !== undefined) call.options.signal?.removeEventListener('abort', call.aborted);
    // V8 keeps the former tables of a map, each with what was in it, until a full collection: they must not keep whole calls.
    call.options = OVER;
    call.resolve = ignore;
    call.reject = ignore;
    call.aborted = undefined;
  }

  function fail(call: PendingRequest, error: unknown): void {
    const { reject, method } = call;
    end(call);
    reject(afterSending(method, error));
  }

  function giveUp(call: PendingRequest, error: unknown, reason: string): void {
    const { cancellable, party, timeoutMs } = call.options;
    if (party !== undefined) {
      const [first] = givenUp.keys();
      if (first !== undefined && givenUp.size >= MAX_GIVEN_UP) givenUp.delete(first);
      const lastsMs = Math.min(Math.max(timeoutMs, GIVEN_UP_MS), MAX_TOTAL_MS);
      givenUp.set(call.id, { party, until: performance.now() + lastsMs });
    }
    fail(call, error);
    if (cancellable !== false) cancelled(call.id, reason);
  }

  function restart(call: PendingRequest, now = performance.now()): void {
    const { timeoutMs } = call.options;
    if (!Number.isFinite(timeoutMs)) return;
    const last = call.startedAt + Math.max(MAX_TOTAL_MS, timeoutMs);
    call.deadline = call.holds > 0 ? last : Math.min(now + timeoutMs, last);
    alarm.at(call.deadline);
  }

  function hold(call: PendingRequest, change: 1 | -1): void {
    call.holds += change;
    if (calls.has(call.id)) restart(call);
  }

  return {
    get: (id) => calls.get(id),
    all: () => calls.values(),
    *givenUp() {
      const now = performance.now();
      for (const [id, { party, until }] of givenUp) {
        if (until > now) yield party;
        else givenUp.delete(id);
      }
    },
    began: (id) => id > 0 && id <= newest,
    late(id) {
      givenUp.delete(id);
      return id > 0 && id <= newest;
    },
    begin(method, options, resolve, reject) {
      const { signal } = options;
      const now = performance.now();
      const call: PendingRequest = {
        id: ++newest,
        method,
        options,
        resolve,
        reject,
        startedAt: now,
        deadline: Number.POSITIVE_INFINITY,
        holds: 0,
        aborted: signal && (() => giveUp(call, signal.reason, 'The caller cancelled.')),
      };
      calls.set(call.id, call);
      restart(call, now);
      if (call.aborted !== undefined) signal?.addEventListener('abort', call.aborted, { once: true });
      return call;
    },
    settle(call, message) {
      const { resolve } = call;
      end(call);
      resolve(message);
    },
    fail,
    restart: (call) => restart(call),
    hold,
    failAll(error) {
      alarm.stop();
      for (const call of [...calls.values()]) fail(call, error);
    },
  };
}
