/** The store of gateways in Redis or Valkey: whether it is there, who else uses it, and what time it is there. */
import { randomBytes } from 'node:crypto';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { GatewayError } from '../shared/errors.ts';
import { within } from '../shared/wait-for.ts';
import { RedisClient } from './redis-client.ts';
import { NOW, REPLICAS, type SharedStore, type StoreScript, StoreUnreachable, storeScript } from './shared-store.ts';
import { storeAddress } from './store-address.ts';

/** Milliseconds between two signs of life of a gateway, and after which one counts as dead. */
const BEAT_MS = 2_000;
const LEASE_MS = 10_000;
/** Milliseconds for the store to be there when the gateway starts. */
const OPEN_MS = 5_000;

/** Says that this gateway lives. @returns whether it was known, how many there are, and the time */
const BEAT = storeScript(`${NOW}
local dies = redis.call('ZSCORE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return { dies and tonumber(dies) > now and 1 or 0, redis.call('ZCARD', KEYS[1]), string.format('%.17g', now) }`);

const LEAVE = storeScript("return redis.call('ZREM', KEYS[1], ARGV[1])");

export interface RedisStoreOptions {
  readonly url: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge'>;
  readonly beatMs?: number;
  readonly leaseMs?: number;
}

export class RedisStore implements SharedStore {
  readonly replica = randomBytes(6).toString('hex');
  readonly #client: RedisClient;
  readonly #options: RedisStoreOptions;
  readonly #returned: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #replicas = 1;
  #isUp = false;
  #isClosed = false;
  /** Milliseconds by which the clock of the store is ahead. */
  #ahead = 0;
  readonly #outages: () => void;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { url, metrics, beatMs = BEAT_MS } = options;
    this.#client = new RedisClient(storeAddress(url), (why) => this.#down(why));
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), beatMs).unref();
    metrics.gauge('store_up', 'Whether the store of several gateways is reached: 1 or 0.', () => Number(this.#isUp));
    metrics.gauge('store_replicas', 'Gateways that were last seen at the store.', () => this.#replicas, 'max');
    const outages = metrics.counter('store_outages_total', 'Times that the store could not be reached any more.');
    outages.inc({}, 0);
    this.#outages = () => outages.inc();
  }

  /** @throws GatewayError STORE_UNAVAILABLE where it cannot be used */
  async open(): Promise<void> {
    try {
      const opened = await within(
        this.#client
          .connect()
          .then(() => this.#beat())
          .then(() => true),
        OPEN_MS,
      );
      if (opened === undefined) throw new StoreUnreachable(this.#client.lastError);
    } catch (error) {
      await this.close();
      if (!(error instanceof StoreUnreachable)) throw error;
      throw new GatewayError(
        'STORE_UNAVAILABLE',
        `The store of GATEWAY_STORE cannot be used (${error.message}): look at its address, its password and whether it runs.`,
      );
    }
  }

  get replicas(): number {
    return this.#replicas;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  async run(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    if (!this.#isUp) throw new StoreUnreachable('it was not reached a moment ago');
    return this.#try(script, keys, values);
  }

  onReturn(listener: () => void): void {
    this.#returned.push(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#isClosed = true;
    if (this.#isUp) await this.#client.run(LEAVE, [REPLICAS], [this.replica]).catch(() => undefined);
    this.#client.close();
  }

  async #try(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#client.run(script, keys, values);
    } catch (error) {
      this.#down(error instanceof Error ? error.message : '');
      throw error;
    }
  }

  /** Also what finds out that the store is there again. */
  async #beat(): Promise<void> {
    const sent = Date.now();
    const answer = await this.#try(BEAT, [REPLICAS], ['', this.replica, this.#options.leaseMs ?? LEASE_MS]);
    const [known, replicas, now] = answer as readonly [number, number, string];
    const wasUp = this.#isUp;
    this.#ahead = Number(now) - (sent + Date.now()) / 2;
    this.#replicas = Math.max(1, replicas);
    this.#isUp = true;
    if (wasUp && known === 1) return;
    if (!wasUp) this.#options.log.info({ replicas }, 'the store of several gateways is there');
    for (const listener of this.#returned) listener();
  }

  #down(why: string): void {
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#outages();
    this.#options.log.warn(
      { why, replicas: this.#replicas },
      'the store of several gateways cannot be reached: each of them counts its share of limits until it is there again',
    );
  }
}

/** @throws GatewayError STORE_UNAVAILABLE, USAGE */
export async function openStore(options: RedisStoreOptions): Promise<SharedStore> {
  const store = new RedisStore(options);
  await store.open();
  return store;
}
