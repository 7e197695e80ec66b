/**
 * A connection to a server without TLS, one request at a time on it. What undici does for the same, with its queues, streams and
 * WebAssembly, is the largest part of what a call over HTTP costs; TLS and proxies are left to it.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { requestBytes } from './http1-request.ts';
import type { ConnectionEvents, ExchangeHandler, OriginConnection, OriginRequest } from './origin-connection.ts';
import { type ExchangeConnection, PlainExchange } from './plain-exchange.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds between the probes of a connection on which nothing happens. */
const PROBE_MS = 60_000;
/** Milliseconds for which a connection is kept for the next request: less than servers keep it, where they do not say. */
const KEEP_MS = 4_000;
const MAX_KEEP_MS = 600_000;
/** Milliseconds by which it is given up before the server does so. */
const EARLIER_MS = 2_000;
const READ_BYTES = 64 * 1024;

/** The place that all connections read into: what comes is copied at once, as far as somebody wants it. */
const place = Buffer.allocUnsafeSlow(READ_BYTES);

/** There is no connection any more. */
class ConnectionError extends Error {
  readonly code: 'ECONNRESET' | 'CONNECT_TIMEOUT';

  constructor(code: ConnectionError['code']) {
    super(code);
    this.code = code;
  }
}

export class PlainConnection implements OriginConnection, ExchangeConnection {
  readonly #origin: URL;
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #isConnected = false;
  #isDestroyed = false;
  /** The request that is waited for or on its way. */
  #exchange: PlainExchange | undefined;
  /** The time until which it is kept for the next request, in milliseconds of `performance.now`. */
  #keptUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(origin: URL, events: ConnectionEvents) {
    this.#origin = origin;
    this.#events = events;
  }

  dispatch(request: OriginRequest, handler: ExchangeHandler): void {
    const exchange = new PlainExchange(this, handler, request.method === 'HEAD');
    try {
      exchange.bytes = requestBytes(request, this.#origin.host);
    } catch (error) {
      exchange.fail(error as Error);
      return;
    }
    this.#exchange = exchange;
    if (this.#isDestroyed) {
      this.#fail(new ConnectionError('ECONNRESET'));
      return;
    }
    const socket = this.#socket;
    // While it is being connected, the request waits for that.
    if (socket !== undefined && !this.#isConnected) return;
    if (socket === undefined || performance.now() >= this.#keptUntil) {
      this.#drop();
      this.#open();
    } else {
      socket.ref();
      // Whatever the server sends or does on a connection that waits has to be seen before the next request is on it: a response
      // that nobody asked for would be taken for its response (GHSA-35p6-xmwp-9g52).
      afterPoll(this.#send);
    }
  }

  destroy(): Promise<void> {
    this.#isDestroyed = true;
    const socket = this.#socket;
    const isClosed =
      socket === undefined || socket.closed
        ? Promise.resolve()
        : new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.#lost(new ConnectionError('ECONNRESET'));
    return isClosed;
  }

  /** Ends the connection with the exchange on it. */
  abort(exchange: PlainExchange, reason: Error): void {
    if (this.#exchange !== exchange) return;
    // Given up before it was sent, there is nothing of it on the connection.
    if (!exchange.isSent) {
      this.#exchange = undefined;
      exchange.fail(reason);
      this.#free();
    } else this.#lost(reason);
  }

  pause(exchange: PlainExchange): void {
    if (this.#exchange === exchange) this.#socket?.pause();
  }

  resume(exchange: PlainExchange): void {
    if (this.#exchange === exchange) this.#socket?.resume();
  }

  /** All of the response has come. */
  finished(isReusable: boolean, keepAliveMs: number | undefined): void {
    this.#exchange = undefined;
    const socket = this.#socket;
    if (socket !== undefined && isReusable && !this.#isDestroyed) {
      const keepMs = keepAliveMs === undefined ? KEEP_MS : Math.min(keepAliveMs - EARLIER_MS, MAX_KEEP_MS);
      this.#keptUntil = performance.now() + keepMs;
      this.#timer ??= setTimeout(this.#look, Math.max(0, keepMs)).unref();
      if (socket.isPaused()) socket.resume();
    } else this.#drop();
    // Anything else that the server sends or does is seen before the next request.
    afterPoll(this.#free);
  }

  readonly #free = (): void => {
    if (!this.#isDestroyed) this.#events.free();
    if (this.#exchange === undefined) this.#socket?.unref();
  };

  /** Ends a connection that has waited for too long. */
  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#socket === undefined || this.#exchange !== undefined) return;
    const leftMs = this.#keptUntil - performance.now();
    if (leftMs <= 0) this.#drop();
    else this.#timer = setTimeout(this.#look, leftMs).unref();
  };

  #open(): void {
    const { hostname, port } = this.#origin;
    const socket = connect({
      // An address of IPv6 stands in brackets.
      host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      port: Number(port || 80),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_MS,
      onread: {
        buffer: place,
        callback: (size: number): boolean => {
          if (this.#socket === socket) this.#read(place.subarray(0, size));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#isConnected = false;
    const timer = setTimeout(() => socket.destroy(new ConnectionError('CONNECT_TIMEOUT')), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      if (this.#socket !== socket) return;
      this.#isConnected = true;
      this.#keptUntil = performance.now() + KEEP_MS;
      this.#events.connected();
      this.#send();
    });
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => {
      if (this.#socket === socket) this.#ended();
    });
    socket.once('close', () => {
      clearTimeout(timer);
      if (this.#socket === socket) this.#closed(failure ?? new ConnectionError('ECONNRESET'));
    });
  }

  readonly #send = (): void => {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.isSent) return;
    const socket = this.#socket;
    if (socket === undefined) {
      // It was closed while it waited.
      this.#open();
      return;
    }
    if (!this.#isConnected) return;
    if (!exchange.begin()) return;
    const { bytes } = exchange;
    exchange.bytes = undefined;
    if (typeof bytes === 'string') socket.write(bytes);
    else if (bytes !== undefined) {
      socket.cork();
      socket.write(bytes.head, 'latin1');
      socket.write(bytes.body);
      socket.uncork();
    }
  };

  #read(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined || !exchange.isSent) {
      // Nobody asked for it; the request that waits goes on another one.
      this.#drop();
      return;
    }
    try {
      exchange.read(bytes);
    } catch (error) {
      this.#lost(error as Error);
    }
  }

  #ended(): void {
    const exchange = this.#exchange;
    if (exchange?.isSent !== true) this.#drop();
    else if (!exchange.ended()) this.#lost(new ConnectionError('ECONNRESET'));
  }

  #closed(error: Error): void {
    if (!this.#isConnected) {
      this.#events.failed();
      this.#lost(error);
    } else if (this.#exchange?.isSent === true) this.#lost(error);
    // A request that is not sent yet goes on another one.
    else this.#drop();
  }

  /** The connection is gone, and with it the exchange on it. */
  #lost(error: Error): void {
    this.#drop();
    if (this.#exchange === undefined) return;
    this.#fail(error);
    if (!this.#isDestroyed) this.#events.free();
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.fail(error);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isConnected = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    socket?.destroy();
  }
}

let waiting: (() => void)[] = [];

/** Runs a job once all was read that has come. */
function afterPoll(job: () => void): void {
  if (waiting.push(job) === 1) {
    setImmediate(() => {
      const jobs = waiting;
      waiting = [];
      for (const each of jobs) each();
    });
  }
}
