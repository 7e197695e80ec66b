/**
 * The connections to one origin, one request at a time on each. undici's own pool looks at all of them for every request, and lets
 * each rest for a turn of the event loop after its response.
 */
import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';

const MAX_CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds after which a connection is replaced, so that a name which moved is looked up again. */
const LIFE_MS = 60_000;

/** A request on its connection. */
export interface Carried extends Dispatcher.DispatchHandler {
  /** Set by the connection; to be called once: at the end of the response, or with false when there will be none. */
  release: ((isSound: boolean) => void) | undefined;
}

export interface Connections {
  /** Sends a request as soon as one of the connections is free for it. */
  dispatch(request: Dispatcher.DispatchOptions, carried: Carried): void;
  /** Ends all of them; what they carry and what waits for one fails. */
  destroy(): Promise<void>;
}

interface Connection {
  readonly client: Client;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly release: (isSound: boolean) => void;
}

export function createConnections(origin: string): Connections {
  // Shared, for it keeps TLS sessions.
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const all = new Set<Connection>();
  /** Who was used last is used first: undici closes those that are not needed. */
  const free: Connection[] = [];
  const waiting: (readonly [Dispatcher.DispatchOptions, Carried])[] = [];
  let isOver = false;

  const open = (): Connection => {
    const client = new Client(origin, {
      connect,
      // With 1, undici looks whether a second request waits, a turn after each response. Here none ever does.
      pipelining: 2,
      // Calls have their own time-outs.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (isOver) void client.destroy();
    const connection: Connection = {
      client,
      since: Date.now(),
      release(isSound) {
        if (isSound) free.push(connection);
        else drop(connection);
        // Only when undici is through with the response.
        if (waiting.length > 0) queueMicrotask(sendNext);
      },
    };
    all.add(connection);
    return connection;
  };

  const drop = (connection: Connection): void => {
    all.delete(connection);
    queueMicrotask(() => connection.client.destroy());
  };

  const take = (): Connection | undefined => {
    const oldest = Date.now() - LIFE_MS;
    for (let found = free.pop(); found !== undefined; found = free.pop()) {
      if (found.since > oldest) return found;
      drop(found);
    }
    return all.size < MAX_CONNECTIONS ? open() : undefined;
  };

  const send = (connection: Connection, request: Dispatcher.DispatchOptions, carried: Carried): void => {
    carried.release = connection.release;
    connection.client.dispatch(request, carried);
  };

  const sendNext = (): void => {
    const connection = waiting.length === 0 ? undefined : take();
    const next = connection && waiting.shift();
    if (connection !== undefined && next !== undefined) send(connection, ...next);
  };

  return {
    dispatch(request, carried) {
      const connection = waiting.length > 0 ? undefined : take();
      if (connection === undefined) waiting.push([request, carried]);
      else send(connection, request, carried);
    },
    async destroy() {
      isOver = true;
      const ended = Array.from(all, ({ client }) => client.destroy());
      for (const next of waiting.splice(0)) send(open(), ...next);
      await Promise.all(ended);
    },
  };
}
