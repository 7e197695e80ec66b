/**
 * The connections to one origin, one request at a time on each, as undici's own pool has them; that one looks at all of them for
 * every request.
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

/** A request on its way. */
export interface Carried extends Dispatcher.DispatchHandler {
  /** True when it has its response, or will have none. */
  readonly isOver: boolean;
}

/** A proxy takes requests to a server without TLS with their whole address (RFC 9112, section 3.2.2). */
function forwardingTo({ url, authorization }: ProxyServer, origin: string) {
  const added = ['host', new URL(origin).host];
  if (authorization !== undefined) added.push('proxy-authorization', authorization);
  return {
    origin: url.origin,
    request: (request: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions => ({
      ...request,
      path: origin + request.path,
      headers: [...(request.headers as string[]), ...added],
    }),
  };
}

export interface Connections {
  /** Sends a request as soon as one of the connections is free for it. */
  dispatch(request: Dispatcher.DispatchOptions, carried: Carried): void;
  /** Ends all of them; what they carry and what waits for one fails. */
  destroy(): Promise<void>;
}

interface Connection {
  readonly client: Client;
  /** When it was last connected, in milliseconds of `performance.now`. */
  since: number;
}

/** What leads to an origin: a proxy, and whose certificates count; nothing for the usual way. */
export interface Route {
  readonly proxy?: ProxyServer | undefined;
  readonly secureContext?: SecureContext | undefined;
}

export function createConnections(origin: string, { proxy, secureContext }: Route = {}): Connections {
  const isTunnel = proxy !== undefined && origin.startsWith('https:');
  // Shared, for it keeps TLS sessions.
  const direct = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
  const connect: typeof direct = isTunnel
    ? (options, callback) => {
        const target = `${options.hostname}:${options.port || 443}`;
        openTunnel(proxy, target, CONNECT_TIMEOUT_MS, secureContext).then(
          (httpSocket) => direct({ ...options, httpSocket }, callback),
          (error: Error) => callback(error, null),
        );
      }
    : direct;
  const forward = proxy === undefined || isTunnel ? undefined : forwardingTo(proxy, origin);
  const all = new Set<Connection>();
  /** Who was used last is used first: undici closes those that are not needed. */
  const free: Connection[] = [];
  const waiting: (readonly [Dispatcher.DispatchOptions, Carried])[] = [];
  let isOver = false;

  const open = (): Connection => {
    const client = new Client(forward?.origin ?? origin, {
      connect,
      pipelining: 1,
      // Calls have their own time-outs.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const connection: Connection = { client, since: performance.now() };
    all.add(connection);
    client.on('connect', () => {
      connection.since = performance.now();
    });
    client.on('connectionError', () => all.delete(connection));
    // A turn after the response, so that what else a server sends or does on its connection is seen before the next request.
    client.on('drain', () => {
      keep(connection);
      sendWaiting();
    });
    if (isOver) void client.destroy();
    return connection;
  };

  const take = (): Connection | undefined => {
    const oldest = performance.now() - LIFE_MS;
    for (let found = free.pop(); found !== undefined; found = free.pop()) {
      if (found.since > oldest) return found;
      all.delete(found);
      void found.client.destroy();
    }
    return all.size < MAX_CONNECTIONS ? open() : undefined;
  };

  const keep = (connection: Connection): void => {
    if (all.has(connection) && !free.includes(connection)) free.push(connection);
  };

  const sendWaiting = (): void => {
    while (waiting.length > 0) {
      if (waiting[0]?.[1].isOver === true) {
        waiting.shift();
        continue;
      }
      const connection = take();
      const [request, carried] = (connection && waiting.shift()) ?? [];
      if (connection === undefined || request === undefined || carried === undefined) return;
      connection.client.dispatch(forward?.request(request) ?? request, carried);
      // Where undici refuses it at once, no 'drain' follows.
      if (carried.isOver) keep(connection);
    }
  };

  return {
    dispatch(request, carried) {
      waiting.push([request, carried]);
      sendWaiting();
    },
    async destroy() {
      isOver = true;
      const ended = Array.from(all, ({ client }) => client.destroy());
      all.clear();
      free.length = 0;
      sendWaiting();
      await Promise.all(ended);
    },
  };
}
