/**
 * One request and its response, as they come on a connection: a stream, an `AbortSignal` and an iterator for each would be a large part
 * of what a call costs.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { Gatherer } from '../../shared/byte-gatherer.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { runInBatch } from '../../shared/event-loop-batch.ts';
import { isLarge } from '../../shared/large-text.ts';
import { type AnswerBudget, createAnswerBudget } from './answer-budget.ts';
import { type Decoding, DecodingError, decodingOf, type Sink } from './content-decoding.ts';
import { type BodySource, errorOf, type HttpBody, StreamedBody } from './http-body.ts';
import type { HttpConnections } from './http-connections.ts';
import type { ExchangeController, ExchangeHandler, OriginRequest } from './origin-connection.ts';

interface ExchangeRequest extends OriginRequest {
  readonly signal: CancelSignal;
  /**
   * Bytes up to which the JSON of a success is gathered before the response is given: most answers are one, and reading it
   * apart from the head costs as much as reading it. Undefined where whoever asks reads every body.
   */
  readonly gather: number | undefined;
  /** The server whose room a body takes that is gathered. */
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
  /** Gives back the room of what was gathered. */
  release(): void;
}

/** There was no connection to send the request on; `cause` says why. */
export class NotSentError extends Error {}

/** The head of a response came, and not all of its body. */
export class BrokenResponseError extends Error {}

/** There is no room for a body. */
export class NoRoomError extends Error {}

/** A body has more bytes than whoever asked for it takes. */
export class BodyTooLongError extends Error {}

/**
 * Sends a request.
 * @returns resolves at the head of the response, or with all of it; rejects with `NotSentError`, `BrokenResponseError`, `BodyTooLongError`, or an error of
 *   undici or the system.
 */
export function dispatch(to: HttpConnections, request: ExchangeRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    to.dispatch({ method, path, headers, body }, new Exchange(request, resolve, reject));
  });
}

/** Handles one request, and is its response. A class, because every call makes one. */
class Exchange implements ExchangeHandler, HttpResponse, Sink, BodySource {
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
  /** True when all bytes came from the connection. */
  #hasArrived = false;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  #headers: IncomingHttpHeaders = {};
  #controller: ExchangeController | undefined;
  /** Undefined for a body that is gathered. */
  #body: StreamedBody | undefined;

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
    signal.addEventListener('abort', this.#cancel, { once: true });
  }

  get body(): HttpBody {
    if (this.#body === undefined) {
      this.#body = new StreamedBody(this);
      if (this.isOver) this.#body.end(undefined);
    }
    return this.#body;
  }

  get type(): string {
    const contentType = this.header('content-type');
    if (contentType === undefined || contentType === 'application/json') return contentType ?? '';
    return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    if (!Array.isArray(value)) return value;
    // Several challenges are one list (RFC 9110, section 11.6.1).
    return name === 'www-authenticate' ? value.join(', ') : value[0];
  }

  release(): void {
    this.#room?.end();
  }

  onRequestStart(controller: ExchangeController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#cancel();
  }

  onResponseStart(status: number, headers: IncomingHttpHeaders): void {
    const controller = this.#controller;
    // An informational response; the real one follows.
    if (status < 200 || controller === undefined) return;
    this.status = status;
    this.#headers = headers;
    this.#decoding = decodingOf(headers['content-encoding'], controller, this);
    if (this.#gather !== undefined && status < 300 && mayBeJson(this.type)) {
      const announced = this.#decoding === undefined ? Number(this.header('content-length') ?? 0) : 0;
      this.#gatherer = new Gatherer(this.#gather, announced || 0);
    } else {
      this.#body = new StreamedBody(this);
      this.#resolve(this);
    }
  }

  onResponseData(chunk: Buffer): void {
    if (this.#decoding === undefined) this.data(chunk);
    else this.#decoding.push(chunk);
  }

  onResponseEnd(): void {
    this.#hasArrived = true;
    if (this.#decoding === undefined) this.end();
    else this.#decoding.end();
  }

  onResponseError(error: unknown): void {
    this.#fail(error);
  }

  /** Takes decoded bytes. */
  data(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.#gatherer === undefined) this.#body?.push(chunk);
    else this.#gatherChunk(this.#gatherer, chunk);
  }

  /** All bytes were taken. */
  end(): void {
    if (this.isOver) return;
    if (this.#gatherer !== undefined) {
      this.whole = this.#gatherer.take();
      runInBatch(() => this.#resolve(this));
    }
    this.#end(undefined);
  }

  failed(error: DecodingError): void {
    if (!this.isOver) this.abort(error);
  }

  pause(): void {
    (this.#decoding ?? this.#controller)?.pause();
  }

  resume(): void {
    (this.#decoding ?? this.#controller)?.resume();
  }

  /** Ends the connection; where its response has arrived, there is only what is left of it here. */
  abort(error: Error): void {
    this.#decoding?.destroy();
    if (this.#hasArrived) this.#fail(error);
    else this.#controller?.abort(error);
  }

  readonly #cancel = (): void => {
    const reason = errorOf(this.#signal.reason);
    if (this.#controller === undefined) this.#fail(reason);
    else this.abort(reason);
  };

  #gatherChunk(gatherer: Gatherer, chunk: Buffer): void {
    const length = gatherer.length + chunk.length;
    if (length > (this.#gather ?? 0)) this.abort(new BodyTooLongError());
    else if (isLarge(length) && !this.#hasRoom(length)) this.abort(new NoRoomError());
    else gatherer.push(chunk);
  }

  #hasRoom(bytes: number): boolean {
    this.#room ??= createAnswerBudget(this.#server);
    return this.#room.grow(bytes);
  }

  #fail(error: unknown): void {
    this.#decoding?.destroy();
    this.release();
    this.#reject(this.#describe(error));
    this.#end(error);
  }

  #describe(error: unknown): unknown {
    // A request is started when it has a connection.
    if (this.#controller === undefined) return new NotSentError('', { cause: error });
    const isOwn = error instanceof BodyTooLongError || error instanceof NoRoomError || error instanceof DecodingError;
    return this.status === 0 || isOwn ? error : new BrokenResponseError('', { cause: error });
  }

  #end(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#signal.removeEventListener('abort', this.#cancel);
    this.#body?.end(error);
  }
}

/** True for bodies that may be JSON: some servers do not say so, or call it a text. */
function mayBeJson(type: string): boolean {
  return type === 'application/json' || type === '' || MAYBE_JSON.test(type);
}
const MAYBE_JSON = /^(?:application\/json.*|text\/(?:json|plain)|.+\+json)$/;
