/** Connections of undici: with TLS, and through proxies. */
import type { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import type { ProxyServer } from './egress-proxy.ts';
import type {
  ConnectionEvents,
  ExchangeController,
  ExchangeHandler,
  OpenConnection,
  OriginConnection,
  OriginRequest,
} from './origin-connection.ts';
import { openTunnel } from './proxy-tunnel.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** The way to an origin: a proxy, and whose certificates count; nothing for the usual way. */
export interface UndiciRoute {
  readonly proxy?: ProxyServer | undefined;
  readonly secureContext?: SecureContext | undefined;
}

/** Makes connections of undici to an origin. */
export function undiciConnect(origin: string, { proxy, secureContext }: UndiciRoute): OpenConnection {
  const isTunnel = proxy !== undefined && origin.startsWith('https:');
  const isForwarded = proxy !== undefined && !isTunnel;
  const direct = directConnector(secureContext);
  const connect = isTunnel ? tunnelConnector(proxy, secureContext, direct) : direct;
  const to = isForwarded ? proxy.url.origin : origin;
  const forward = isForwarded ? forwardThrough(proxy, origin) : undefined;
  return (events) => new UndiciConnection(to, connect, forward, events);
}

class UndiciConnection implements OriginConnection {
  readonly #client: Client;
  readonly #forward: Forward | undefined;

  constructor(to: string, connect: Connector, forward: Forward | undefined, events: ConnectionEvents) {
    this.#client = new Client(to, {
      connect,
      pipelining: 1,
      // Calls have their own time-outs.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#forward = forward;
    this.#client.on('connect', () => events.connected());
    this.#client.on('connectionError', () => events.failed());
    // A turn after the response, so that what else a server sends or does on its connection is seen before the next request.
    this.#client.on('drain', () => events.free());
  }

  dispatch(request: OriginRequest, handler: ExchangeHandler): void {
    this.#client.dispatch(this.#forward?.(request) ?? request, new UndiciExchange(handler));
  }

  async destroy(): Promise<void> {
    await this.#client.destroy();
  }
}

/** Passes on what undici says of a request. */
class UndiciExchange implements Dispatcher.DispatchHandler, ExchangeController {
  readonly #handler: ExchangeHandler;
  #controller: Dispatcher.DispatchController | undefined;
  #mayPause = false;

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#handler.onRequestStart(this);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // It survives the end of a paused response only then: elsewhere an assertion of its ends the process.
    this.#mayPause = /chunked/i.test(headers['transfer-encoding'] ?? '') && !/close/i.test(headers.connection ?? '');
    this.#handler.onResponseStart(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData(chunk);
  }

  onResponseEnd(): void {
    this.#handler.onResponseEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError(error);
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }

  pause(): void {
    if (this.#mayPause) this.#controller?.pause();
  }

  resume(): void {
    if (this.#mayPause) this.#controller?.resume();
  }
}

type Connector = ReturnType<typeof buildConnector>;

/** Shared by all connections, for it keeps TLS sessions. */
function directConnector(secureContext: SecureContext | undefined): Connector {
  return buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
}

function tunnelConnector(proxy: ProxyServer, secureContext: SecureContext | undefined, direct: Connector): Connector {
  return (options, callback) => {
    const target = `${options.hostname}:${options.port || 443}`;
    openTunnel(proxy, target, CONNECT_TIMEOUT_MS, secureContext).then(
      (httpSocket) => direct({ ...options, httpSocket }, callback),
      (error: Error) => callback(error, null),
    );
  };
}

/** Changes a request for a proxy. */
type Forward = (request: OriginRequest) => OriginRequest;

/** A proxy takes requests to a server without TLS with their whole address (RFC 9112, section 3.2.2). */
function forwardThrough({ authorization }: ProxyServer, origin: string): Forward {
  const added = ['host', new URL(origin).host];
  if (authorization !== undefined) added.push('proxy-authorization', authorization);
  return (request) => ({
    ...request,
    path: origin + request.path,
    headers: [...request.headers, ...added],
  });
}
