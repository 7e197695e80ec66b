/** A connection to Redis or Valkey. Only here is the library known; what it throws says more than a log may. */
import { Cluster, Redis } from 'ioredis';
import { KEY_START, type StoreScript, StoreUnreachable } from './shared-store.ts';
import type { StoreAddress } from './store-address.ts';

/** Milliseconds until a command counts as unanswered. */
const ANSWER_MS = 1_000;
/** Milliseconds between two tries to connect. */
const AGAIN_MS = 500;

export class RedisClient {
  readonly #client: Redis | Cluster;
  #lastError = 'no connection';

  /** @param lost told whenever the connection ends */
  constructor({ nodes, isCluster, tls, username, password, db }: StoreAddress, lost: (why: string) => void) {
    const options = {
      connectTimeout: ANSWER_MS,
      commandTimeout: ANSWER_MS,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => AGAIN_MS,
      lazyConnect: true,
      db,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
    };
    const [first = { host: '127.0.0.1', port: 6379 }] = nodes;
    this.#client = isCluster
      ? new Cluster([...nodes], {
          redisOptions: options,
          enableOfflineQueue: false,
          clusterRetryStrategy: () => AGAIN_MS,
          lazyConnect: true,
          // Their names are those of their certificates.
          ...(tls ? { dnsLookup: (address, done) => done(null, address) } : {}),
        })
      : new Redis({ ...options, host: first.host, port: first.port });
    this.#client.on('error', (error: unknown) => {
      this.#lastError = reasonOf(error);
    });
    this.#client.on('close', () => lost(this.#lastError));
  }

  /** The reason why there is no connection. */
  get lastError(): string {
    return this.#lastError;
  }

  /** @throws StoreUnreachable */
  async connect(): Promise<void> {
    try {
      await this.#client.connect();
    } catch (error) {
      throw new StoreUnreachable(isClosed(error) ? this.#lastError : reasonOf(error));
    }
  }

  /** @throws StoreUnreachable */
  async run(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    const all = [...keys.map((key) => KEY_START + key), ...values];
    try {
      return await this.#client.evalsha(script.sha, keys.length, ...all);
    } catch (error) {
      if (!reasonOf(error).startsWith('NOSCRIPT')) throw new StoreUnreachable(reasonOf(error));
    }
    try {
      return await this.#client.eval(script.text, keys.length, ...all);
    } catch (error) {
      throw new StoreUnreachable(reasonOf(error));
    }
  }

  close(): void {
    this.#client.disconnect();
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && error.message === 'Connection is closed.';
}

/** The first line of what went wrong; the error itself has the arguments of its command, the password among them. */
function reasonOf(error: unknown): string {
  const { message = '', lastNodeError } = error as { message?: string; lastNodeError?: unknown };
  if (lastNodeError !== undefined) return reasonOf(lastNodeError);
  return message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
