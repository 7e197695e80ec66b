/** A server for tests of the pool: its starts and its connections do what the test says, on whatever clock there is. */

import type { Era } from '../../protocol/revisions.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { Reply, ServerFacts } from '../contract.ts';
import { unavailable } from '../failures.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import { memoryLog } from '../testing.ts';
import type { Connect, ConnectOptions } from './connect-server.ts';
import type { PoolContext } from './pool-context.ts';
import { BUDGETS } from './server-limits.ts';
import { createStartQueue } from './start-queue.ts';

const FACTS: ServerFacts = {
  era: 'legacy',
  revision: '2025-11-25',
  name: 'fake',
  version: '1',
  info: {},
  instructions: undefined,
  capabilities: {},
  text: '{}',
};

export const OK: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

export class FakeConnection implements ManagedConnection {
  readonly facts = FACTS;
  readonly timing = { startMs: 1, handshakeMs: 1 };
  readonly #onClose: (error: GatewayError) => void;
  closed = false;
  isKilled = false;
  isBusy = false;
  heardAt = performance.now();
  isAlive = true;
  pings = 0;
  readonly notifications: string[] = [];
  /** Answers requests. */
  answer: () => Promise<Reply> = async () => OK;

  constructor(onClose: (error: GatewayError) => void) {
    this.#onClose = onClose;
  }

  request(): Promise<Reply> {
    return this.answer();
  }

  notify(method: string): void {
    this.notifications.push(method);
  }

  async ping(): Promise<boolean> {
    this.pings++;
    return this.isAlive;
  }

  async subscribeResource(): Promise<Reply> {
    return OK;
  }

  async unsubscribeResource(): Promise<Reply> {
    return OK;
  }

  async watchTask(): Promise<boolean> {
    return true;
  }

  async end(reason: GatewayError): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.#onClose(reason);
  }

  close(): Promise<void> {
    return this.end(unavailable('fixture', 'was disconnected by the gateway.'));
  }

  kill(): void {
    this.isKilled = true;
  }
}

/** One start of the server, until the test lets it succeed or fail. */
class FakeStart {
  readonly options: ConnectOptions;
  readonly result: Deferred<ManagedConnection> = createDeferred();

  constructor(options: ConnectOptions) {
    this.options = options;
    options.nextMarker();
    const { signal } = options;
    signal.addEventListener('abort', () => this.result.reject(signal.reason), { once: true });
  }

  /** @param era in which it turns out to speak */
  succeed(era: Era = 'legacy'): FakeConnection {
    const connection = new FakeConnection(this.options.onClose);
    this.options.memory.dialect = era;
    this.result.resolve(connection);
    return connection;
  }

  fail(error: GatewayError = unavailable('fixture', 'stopped by itself (exit status 1).')): void {
    this.result.reject(error);
  }
}

export interface FakeServer {
  readonly context: PoolContext;
  readonly log: ReturnType<typeof memoryLog>;
  /** All starts so far. */
  readonly starts: FakeStart[];
  /** The rest of the work of a connection or a start that ended. */
  readonly work: Promise<unknown>[];
}

/** @param slots servers that start at once; as many again where a caller waits. */
export function createFakeServer(context: Partial<PoolContext> = {}, slots = 8): FakeServer {
  const log = memoryLog();
  const starts: FakeStart[] = [];
  const work: Promise<unknown>[] = [];
  const connect: Connect = (_server, options) => {
    const start = new FakeStart(options);
    starts.push(start);
    return start.result.promise;
  };
  return {
    log,
    starts,
    work,
    context: {
      version: '1',
      log,
      redact: (text) => text,
      events: {},
      budgets: BUDGETS,
      maxMessageBytes: 1024,
      authorization: () => undefined,
      startQueue: createStartQueue(slots, 10_000),
      onlyOwner: undefined,
      strictServers: undefined,
      ownPlaces: { folders: [], files: [], program: undefined, sockets: '/dev/null' },
      connect,
      expectedCapabilities: () => '{}',
      nextMarker: () => 'fake.1',
      onProcess: () => {},
      track: (promise) => void work.push(promise.catch(() => undefined)),
      ...context,
    },
  };
}
