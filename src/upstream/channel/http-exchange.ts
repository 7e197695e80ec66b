/**
 * One request and its response on undici's own interface: a stream, an `AbortSignal` and an iterator for each would be a large part
 * of what a call costs.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Gatherer } from '../../shared/byte-gatherer.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { together } from '../../shared/event-loop-batch.ts';
import { isLarge } from '../../shared/large-text.ts';
import { type AnswerBudget, createAnswerBudget } from './answer-budget.ts';
import { type Decoding, decodingOf, type Sink, type Source, Undecodable } from './content-decoding.ts';
import type { Carried, Connections } from './http-connections.ts';

/** Bytes that are held while nobody reads; then the server has to wait. */
const MAX_HELD = 64 * 1024;

/** What follows the head of a response. */
export interface HttpBody {
  /**
   * Takes every chunk as it comes; once.
   * @returns resolves at the end; rejects with what broke it off, or with what `take` throws, which ends the connection.
   */
  read(take: (chunk: Buffer) => void): Promise<void>;
  /** The server has to wait; what is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Reads no more and ends the connection: `read` rejects. */
  destroy(): void;
}

export interface ExchangeRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string | null;
  readonly signal: CancelSignal;
  /**
   * Bytes up to which the JSON of a success is gathered before the response is given: most answers are one, and reading it
   * apart from the head costs as much as reading it. Undefined where whoever asks reads every body.
   */
  readonly gather: number | undefined;
  /** Whose room a body takes that is gathered. */
  readonly server: string;
}

export interface HttpResponse {
  readonly status: number;
  /** The first value of a header, all challenges of `www-authenticate`; names are lower-case. */
  header(name: string): string | undefined;
  /** Media type without parameters, lower-case. */
  readonly type: string;
  readonly body: HttpBody;
  /** The body that was gathered; undefined where it is still to be read. */
  readonly whole: Buffer | undefined;
  /** What was gathered is not needed any more. */
  done(): void;
}

/** There was no connection to send the request on; `cause` says why. */
export class NotSent extends Error {}

/** The head of a response came, and not all of its body. */
export class BrokenOff extends Error {}

/** There is no room for a body. */
export class NoRoom extends Error {}

/** A body has more bytes than whoever asked for it takes. */
export class TooLong extends Error {}

/**
 * Sends a request.
 * @returns resolves at the head of the response, or with all of it; rejects with `NotSent`, `BrokenOff`, `TooLong`, or an error of
 *   undici or the system.
 */
export function dispatch(to: Connections, request: ExchangeRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    to.dispatch({ method, path, headers, body }, new Exchange(request, resolve, reject));
  });
}

const UNPAUSED: Source = { pause: () => undefined, resume: () => undefined };

/**
 * Whether undici survives the end of the connection while the response is paused: an assertion of its ends the process where that
 * connection was not to be kept.
 */
function mayPause(headers: IncomingHttpHeaders): boolean {
  return /chunked/i.test(headers['transfer-encoding'] ?? '') && !/close/i.test(headers.connection ?? '');
}

/** Handles one request for undici, and is its response. A class, because every call makes one. */
class Exchange implements Carried, HttpResponse, HttpBody, Sink {
  isOver = false;
  status = 0;
  whole: Buffer | undefined;
  readonly #signal: CancelSignal;
  readonly #gather: number | undefined;
  #gatherer: Gatherer | undefined;
  readonly #server: string;
  #room: AnswerBudget | undefined;
  /** Undefined for a body that is not compressed, as most are. */
  #decoding: Decoding | undefined;
  /** Whether all bytes came from the connection. */
  #hasArrived = false;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  #headers: IncomingHttpHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  /** What lets the server wait. */
  #pausable: Source | undefined;
  /** What came before somebody read it. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #take: ((chunk: Buffer) => void) | undefined;
  #settle: ((error: unknown) => void) | undefined;
  #failure: unknown;

  constructor(
    { signal, gather, server }: ExchangeRequest,
    resolve: (response: HttpResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#signal = signal;
    this.#gather = gather;
    this.#server = server;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#aborted, { once: true });
  }

  readonly #aborted = (): void => {
    const reason = errorOf(this.#signal.reason);
    if (this.#controller === undefined) this.#fail(reason);
    else this.#abort(reason);
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#aborted();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // An informational response; the real one follows.
    if (status < 200) return;
    this.status = status;
    this.#headers = headers;
    this.#pausable = mayPause(headers) ? controller : UNPAUSED;
    this.#decoding = decodingOf(headers['content-encoding'], this.#pausable, this);
    if (this.#gather !== undefined && status < 300 && isJson(this.type)) {
      const announced = this.#decoding === undefined ? Number(this.header('content-length') ?? 0) : 0;
      this.#gatherer = new Gatherer(this.#gather, announced || 0);
    } else {
      this.#resolve(this);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#decoding === undefined) this.data(chunk);
    else this.#decoding.push(chunk);
  }

  /** Takes bytes as they were meant. */
  data(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#gatherer !== undefined) {
      const length = this.#gatherer.length + chunk.length;
      if (length > (this.#gather ?? 0)) this.#abort(new TooLong());
      else if (isLarge(length) && !this.#hasRoom(length)) this.#abort(new NoRoom());
      else this.#gatherer.push(chunk);
      return;
    }
    if (this.#take !== undefined) {
      this.#deliver(chunk);
      return;
    }
    this.#held ??= [];
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MAX_HELD) this.#source()?.pause();
  }

  #hasRoom(bytes: number): boolean {
    this.#room ??= createAnswerBudget(this.#server);
    return this.#room.grow(bytes);
  }

  done(): void {
    this.#room?.end();
  }

  onResponseEnd(): void {
    this.#hasArrived = true;
    if (this.#decoding === undefined) this.end();
    else this.#decoding.end();
  }

  /** All bytes were taken. */
  end(): void {
    if (this.isOver) return;
    if (this.#gatherer !== undefined) {
      this.whole = this.#gatherer.take();
      together(() => this.#resolve(this));
    }
    this.#end(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#fail(error);
  }

  failed(error: Undecodable): void {
    if (!this.isOver) this.#abort(error);
  }

  #source(): Source | undefined {
    return this.#decoding ?? this.#pausable;
  }

  /** Ends the connection; where its response has arrived, there is only what is left of it here. */
  #abort(error: Error): void {
    this.#decoding?.destroy();
    if (this.#hasArrived) this.#fail(error);
    else this.#controller?.abort(error);
  }

  #fail(error: unknown): void {
    this.#decoding?.destroy();
    this.done();
    this.#reject(this.#describe(error));
    this.#end(error);
  }

  #describe(error: unknown): unknown {
    // A request is started when it has a connection.
    if (this.#controller === undefined) return new NotSent('', { cause: error });
    return this.status === 0 || error instanceof TooLong || error instanceof NoRoom || error instanceof Undecodable
      ? error
      : new BrokenOff('', { cause: error });
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    if (!Array.isArray(value)) return value;
    // Several challenges are one list (RFC 9110, section 11.6.1).
    return name === 'www-authenticate' ? value.join(', ') : value[0];
  }

  get type(): string {
    const contentType = this.header('content-type');
    if (contentType === undefined || contentType === 'application/json') return contentType ?? '';
    return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  }

  get body(): HttpBody {
    return this;
  }

  read(take: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
      this.#take = take;
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const chunk of held) if (!this.#deliver(chunk)) break;
      if (this.isOver) this.#settle(this.#failure);
      else if (this.#heldBytes > MAX_HELD) this.#source()?.resume();
    });
  }

  pause(): void {
    if (!this.isOver) this.#source()?.pause();
  }

  resume(): void {
    if (!this.isOver) this.#source()?.resume();
  }

  destroy(): void {
    this.#abort(new Error('The rest of the response is not wanted.'));
  }

  /** @returns whether it was taken. */
  #deliver(chunk: Buffer): boolean {
    try {
      this.#take?.(chunk);
      return true;
    } catch (error) {
      this.#failure = error;
      this.#abort(errorOf(error));
      return false;
    }
  }

  #end(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#signal.removeEventListener('abort', this.#aborted);
    this.#failure ??= error;
    this.#settle?.(this.#failure);
  }
}

/** Whether a body may be JSON: some servers do not say so, or call it a text. */
function isJson(type: string): boolean {
  return type === 'application/json' || type === '' || MAYBE_JSON.test(type);
}
const MAYBE_JSON = /^(?:application\/json.*|text\/(?:json|plain)|.+\+json)$/;

/** undici takes errors only. */
function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was aborted.', { cause: reason });
}
