/** The keys of one issuer: kept, refreshed, and looked for again when a token names one that is not known. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Milliseconds after which keys are fetched again in the background: so long may a withdrawn key be good. */
export const FRESH_MS = 600_000;
/** Milliseconds after which keys that could not be fetched again are no longer good. */
export const KEYS_TTL_MS = 3_600_000;
/** Milliseconds between fetches that unknown key ids cause: anybody can write one into a token. */
export const UNKNOWN_MS = 30_000;
/** Milliseconds after a failed fetch before the next. */
export const RETRY_MS = 5_000;

interface KeySource {
  /** @returns the JWK set as the issuer gave it. */
  fetch(): Promise<unknown>;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Told why keys could not be had. */
  failed(error: unknown): void;
}

/** @returns a key for a token's header; it rejects where there is none, or none can be had. */
export function createKeys(source: KeySource): JWTVerifyGetKey {
  const keys = new IssuerKeys(source);
  return (header, token) => keys.find(header, token);
}

type Find = Parameters<JWTVerifyGetKey>;
type Key = ReturnType<JWTVerifyGetKey>;

class IssuerKeys {
  readonly #source: KeySource;
  #keys: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined;
  #pending: Promise<void> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** The time at which an unknown key id was last looked for. */
  #unknownAt = Number.NEGATIVE_INFINITY;

  constructor(source: KeySource) {
    this.#source = source;
  }

  async find(...token: Find): Promise<Awaited<Key>> {
    const now = this.#source.now();
    if (this.#keys !== undefined && now - this.#keys.at >= KEYS_TTL_MS) this.#keys = undefined;
    const isCold = this.#keys === undefined;
    if (isCold) {
      if (this.#pending === undefined && now - this.#failedAt < RETRY_MS) throw new errors.JWKSNoMatchingKey();
      await this.#refresh();
    } else if (this.#isStale(now)) void this.#refresh();
    try {
      return await this.#findIn(...token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!isCold) return this.#findAgain(...token);
      if (this.#keys !== undefined) this.#unknownAt = this.#source.now();
      throw error;
    }
  }

  #isStale(now: number): boolean {
    return this.#keys !== undefined && now - this.#keys.at >= FRESH_MS && now - this.#failedAt >= UNKNOWN_MS;
  }

  #findIn(...token: Find): Key {
    if (this.#keys === undefined) throw new errors.JWKSNoMatchingKey();
    return this.#keys.find(...token);
  }

  async #findAgain(...token: Find): Promise<Awaited<Key>> {
    const now = this.#source.now();
    if (this.#pending === undefined) {
      if (now - this.#unknownAt < UNKNOWN_MS) throw new errors.JWKSNoMatchingKey();
      this.#unknownAt = now;
    }
    await this.#refresh();
    return this.#findIn(...token);
  }

  /** Those who come while a fetch is under way share it. */
  #refresh(): Promise<void> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #load(): Promise<void> {
    try {
      const set = await this.#source.fetch();
      this.#keys = { find: createLocalJWKSet(set as JSONWebKeySet), at: this.#source.now() };
    } catch (error) {
      this.#failedAt = this.#source.now();
      this.#source.failed(error);
    }
  }
}
