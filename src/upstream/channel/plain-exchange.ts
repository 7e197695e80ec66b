/** One exchange on a connection of our own. */
import { Buffer } from 'node:buffer';
import type { RequestBytes } from './http1-request.ts';
import { Http1ResponseReader, type ResponseHead, type ResponseSink } from './http1-response.ts';
import type { ExchangeController, ExchangeHandler } from './origin-connection.ts';

/** The connection that an exchange is on. */
export interface ExchangeConnection {
  /** Ends the connection with the exchange on it. */
  abort(exchange: PlainExchange, reason: Error): void;
  pause(exchange: PlainExchange): void;
  resume(exchange: PlainExchange): void;
  /**
   * All of the response has come.
   * @param keepAliveMs milliseconds for which the server keeps the connection; undefined where it does not say.
   */
  finished(isReusable: boolean, keepAliveMs: number | undefined): void;
}

/** One request and the response to it, for its handler. A class, because every call makes one. */
export class PlainExchange implements ExchangeController, ResponseSink {
  /** Until it is sent. */
  bytes: RequestBytes | undefined;
  isSent = false;
  isAborted = false;
  readonly #connection: ExchangeConnection;
  readonly #handler: ExchangeHandler;
  readonly #isHead: boolean;
  readonly #reader = new Http1ResponseReader(this);

  /** @param isHead true for a request whose answer has no body */
  constructor(connection: ExchangeConnection, handler: ExchangeHandler, isHead: boolean) {
    this.#connection = connection;
    this.#isHead = isHead;
    this.#handler = handler;
  }

  /** It has a connection. @returns false where it was given up before. */
  begin(): boolean {
    this.#handler.onRequestStart(this);
    if (this.isAborted) return false;
    this.isSent = true;
    this.#reader.expect(this.#isHead);
    return true;
  }

  read(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  /** The server sends nothing more. @returns true where that was the end of the response. */
  ended(): boolean {
    return this.#reader.finish();
  }

  fail(error: Error): void {
    this.#reader.stop();
    this.#handler.onResponseError(error);
  }

  head({ status, headers }: ResponseHead): void {
    this.#handler.onResponseStart(status, headers);
  }

  data(bytes: Buffer): void {
    this.#handler.onResponseData(Buffer.from(bytes));
  }

  end(isReusable: boolean, keepAliveMs: number | undefined): void {
    this.#connection.finished(isReusable, keepAliveMs);
    this.#handler.onResponseEnd();
  }

  abort(reason: Error): void {
    if (this.isAborted) return;
    this.isAborted = true;
    this.#connection.abort(this, reason);
  }

  pause(): void {
    this.#connection.pause(this);
  }

  resume(): void {
    this.#connection.resume(this);
  }
}
