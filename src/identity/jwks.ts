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

export interface KeySource {
  /** @returns the JWK set as the issuer gave it. */
  fetch(): Promise<unknown>;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Told why keys could not be had. */
  failed(error: unknown): void;
}

/** @returns a key for a token's header; it rejects where there is none, or none can be had. */
export function createKeys(source: KeySource): JWTVerifyGetKey {
  let keys: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined;
  let pending: Promise<void> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let unknownAt = Number.NEGATIVE_INFINITY;

  const load = async (): Promise<void> => {
    try {
      const set = await source.fetch();
      keys = { find: createLocalJWKSet(set as JSONWebKeySet), at: source.now() };
    } catch (error) {
      failedAt = source.now();
      source.failed(error);
    }
  };
  /** Those who come while a fetch is under way share it. */
  const refresh = (): Promise<void> => {
    pending ??= load().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const find: JWTVerifyGetKey = (header, token) => {
    if (keys === undefined) throw new errors.JWKSNoMatchingKey();
    return keys.find(header, token);
  };
  const findAgain: JWTVerifyGetKey = async (header, token) => {
    const now = source.now();
    if (pending === undefined) {
      if (now - unknownAt < UNKNOWN_MS) throw new errors.JWKSNoMatchingKey();
      unknownAt = now;
    }
    await refresh();
    return find(header, token);
  };

  return async (header, token) => {
    const now = source.now();
    if (keys !== undefined && now - keys.at >= KEYS_TTL_MS) keys = undefined;
    const cold = keys === undefined;
    if (cold) {
      if (pending === undefined && now - failedAt < RETRY_MS) throw new errors.JWKSNoMatchingKey();
      await refresh();
    } else if (keys !== undefined && now - keys.at >= FRESH_MS && now - failedAt >= UNKNOWN_MS) void refresh();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!cold) return findAgain(header, token);
      if (keys !== undefined) unknownAt = source.now();
      throw error;
    }
  };
}
