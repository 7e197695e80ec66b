/**
 * The connections to one origin, one request at a time on each. undici's own pool would not do: it looks at all connections for
 * every request, and never again uses one whose request it could not send.
 */
import type { HttpClientKind } from '../../config/settings.ts';
import type {
  ConnectionEvents,
  ExchangeHandler,
  OpenConnection,
  OriginConnection,
  OriginRequest,
} from './origin-connection.ts';
import { PlainConnection } from './plain-connection.ts';
import type { UndiciRoute } from './undici-connection.ts';

const MAX_CONNECTIONS = 128;
/** Milliseconds after which a connection is replaced, so that a name which moved is looked up again. */
const LIFE_MS = 60_000;

interface Connection {
  readonly origin: OriginConnection;
  /** The time at which it was last connected, in milliseconds of `performance.now`. */
  since: number;
}

type WaitingRequest = readonly [OriginRequest, ExchangeHandler];

export class HttpConnections {
  readonly #connect: OpenConnection;
  readonly #all = new Set<Connection>();
  /** The last one is used first: those that are not needed are closed. */
  readonly #free: Connection[] = [];
  readonly #waiting: WaitingRequest[] = [];
  #isClosed = false;

  /** @param kind what calls the origin where it has no TLS and no proxy leads to it. */
  constructor(origin: string, route: UndiciRoute = {}, kind: HttpClientKind = 'own') {
    this.#connect = connectTo(origin, route, kind);
  }

  /** Sends a request as soon as one of the connections is free for it. */
  dispatch(request: OriginRequest, handler: ExchangeHandler): void {
    this.#waiting.push([request, handler]);
    this.#sendWaiting();
  }

  /** Ends all of them; what they carry and what waits for one fails. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    const ends = Array.from(this.#all, ({ origin }) => origin.destroy());
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
      connection.origin.dispatch(request, handler);
      // If it is refused at once, nothing says that the connection is free.
      if (handler.isOver) this.#keep(connection);
    }
  }

  /** @returns undefined where all are busy, and there can be no more. */
  #take(): Connection | undefined {
    const oldest = performance.now() - LIFE_MS;
    for (let connection = this.#free.pop(); connection !== undefined; connection = this.#free.pop()) {
      if (connection.since > oldest) return connection;
      this.#all.delete(connection);
      void connection.origin.destroy();
    }
    return this.#all.size < MAX_CONNECTIONS ? this.#open() : undefined;
  }

  #keep(connection: Connection): void {
    if (this.#all.has(connection) && !this.#free.includes(connection)) this.#free.push(connection);
  }

  #open(): Connection {
    const connection: Connection = {
      origin: this.#connect({
        connected: () => {
          connection.since = performance.now();
        },
        failed: () => this.#all.delete(connection),
        free: () => {
          this.#keep(connection);
          this.#sendWaiting();
        },
      }),
      since: performance.now(),
    };
    this.#all.add(connection);
    if (this.#isClosed) void connection.origin.destroy();
    return connection;
  }
}

function connectTo(origin: string, route: UndiciRoute, kind: HttpClientKind): OpenConnection {
  const url = new URL(origin);
  if (kind === 'own' && url.protocol === 'http:' && route.proxy === undefined) {
    return (events) => new PlainConnection(url, events);
  }
  let loading: Promise<OpenConnection> | undefined;
  const load = (): Promise<OpenConnection> => {
    loading ??= import('./undici-connection.ts').then(({ undiciConnect }) => undiciConnect(origin, route));
    return loading;
  };
  return (events) => new LoadedConnection(load, events);
}

/** A connection that is loaded with its first request: most gateways do without undici, and it is larger than all else here. */
class LoadedConnection implements OriginConnection {
  readonly #load: () => Promise<OpenConnection>;
  readonly #events: ConnectionEvents;
  #loading: Promise<OriginConnection> | undefined;
  #connection: OriginConnection | undefined;
  #isDestroyed = false;

  constructor(load: () => Promise<OpenConnection>, events: ConnectionEvents) {
    this.#load = load;
    this.#events = events;
  }

  dispatch(request: OriginRequest, handler: ExchangeHandler): void {
    if (this.#connection !== undefined) {
      this.#connection.dispatch(request, handler);
      return;
    }
    this.#loading ??= this.#open();
    this.#loading.then(
      (connection) => {
        connection.dispatch(request, handler);
        if (handler.isOver) this.#events.free();
      },
      (error: unknown) => handler.onResponseError(error),
    );
  }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    await (await this.#loading)?.destroy();
  }

  async #open(): Promise<OriginConnection> {
    const connect = await this.#load();
    this.#connection = connect(this.#events);
    if (this.#isDestroyed) await this.#connection.destroy();
    return this.#connection;
  }
}
