/**
 * The connections to one origin, one request at a time on each. undici's own pool would not do: it looks at all connections for
 * every request, and never again uses one whose request it could not send.
 */
import type { SecureContext } from 'node:tls';
import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import type { ProxyServer } from './egress-proxy.ts';
import { openTunnel } from './proxy-tunnel.ts';

const MAX_CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds after which a connection is replaced, so that a name which moved is looked up again. */
const LIFE_MS = 60_000;

/** Handles a request for undici. */
export interface ExchangeHandler extends Dispatcher.DispatchHandler {
  /** True when it has its response, or will have none. */
  readonly isOver: boolean;
}

/** The way to an origin: a proxy, and whose certificates count; nothing for the usual way. */
interface Route {
  readonly proxy?: ProxyServer | undefined;
  readonly secureContext?: SecureContext | undefined;
}

interface Connection {
  readonly client: Client;
  /** The time at which it was last connected, in milliseconds of `performance.now`. */
  since: number;
}

type WaitingRequest = readonly [Dispatcher.DispatchOptions, ExchangeHandler];

export class HttpConnections {
  /** Of the server, or of the proxy that takes requests for it. */
  readonly #origin: string;
  readonly #connect: Connector;
  /** Changes a request for the proxy; undefined where it is sent as it is. */
  readonly #forward: ((request: Dispatcher.DispatchOptions) => Dispatcher.DispatchOptions) | undefined;
  readonly #all = new Set<Connection>();
  /** The last one is used first: undici closes those that are not needed. */
  readonly #free: Connection[] = [];
  readonly #waiting: WaitingRequest[] = [];
  #isClosed = false;

  constructor(origin: string, { proxy, secureContext }: Route = {}) {
    const isTunnel = proxy !== undefined && origin.startsWith('https:');
    const isForwarded = proxy !== undefined && !isTunnel;
    this.#origin = isForwarded ? proxy.url.origin : origin;
    this.#forward = isForwarded ? forwardThrough(proxy, origin) : undefined;
    const connect = directConnector(secureContext);
    this.#connect = isTunnel ? tunnelConnector(proxy, secureContext, connect) : connect;
  }

  /** Sends a request as soon as one of the connections is free for it. */
  dispatch(request: Dispatcher.DispatchOptions, handler: ExchangeHandler): void {
    this.#waiting.push([request, handler]);
    this.#sendWaiting();
  }

  /** Ends all of them; what they carry and what waits for one fails. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    const ends = Array.from(this.#all, ({ client }) => client.destroy());
    this.#all.clear();
    this.#free.length = 0;
    this.#sendWaiting();
    await Promise.all(ends);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      if (this.#waiting[0]?.[1].isOver === true) {
        this.#waiting.shift();
        continue;
      }
      const connection = this.#take();
      const [request, handler] = (connection && this.#waiting.shift()) ?? [];
      if (connection === undefined || request === undefined || handler === undefined) return;
      connection.client.dispatch(this.#forward?.(request) ?? request, handler);
      // Where undici refuses it at once, no 'drain' follows.
      if (handler.isOver) this.#keep(connection);
    }
  }

  /** @returns undefined where all are busy, and there can be no more. */
  #take(): Connection | undefined {
    const oldest = performance.now() - LIFE_MS;
    for (let connection = this.#free.pop(); connection !== undefined; connection = this.#free.pop()) {
      if (connection.since > oldest) return connection;
      this.#all.delete(connection);
      void connection.client.destroy();
    }
    return this.#all.size < MAX_CONNECTIONS ? this.#open() : undefined;
  }

  #keep(connection: Connection): void {
    if (this.#all.has(connection) && !this.#free.includes(connection)) this.#free.push(connection);
  }

  #open(): Connection {
    const client = new Client(this.#origin, {
      connect: this.#connect,
      pipelining: 1,
      // Calls have their own time-outs.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const connection: Connection = { client, since: performance.now() };
    this.#all.add(connection);
    client.on('connect', () => {
      connection.since = performance.now();
    });
    client.on('connectionError', () => this.#all.delete(connection));
    // A turn after the response, so that what else a server sends or does on its connection is seen before the next request.
    client.on('drain', () => {
      this.#keep(connection);
      this.#sendWaiting();
    });
    if (this.#isClosed) void client.destroy();
    return connection;
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

/** A proxy takes requests to a server without TLS with their whole address (RFC 9112, section 3.2.2). */
function forwardThrough({ authorization }: ProxyServer, origin: string) {
  const added = ['host', new URL(origin).host];
  if (authorization !== undefined) added.push('proxy-authorization', authorization);
  return (request: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions => ({
    ...request,
    path: origin + request.path,
    headers: [...(request.headers as string[]), ...added],
  });
}
