/** Limits requests without a good credential, per address. */
import { isIPv6 } from 'node:net';
import { type Bucket, fullBucket, msUntil, refilled } from '../../shared/token-bucket.ts';

export interface Throttle {
  /** Counts one refused request. @returns milliseconds that this address should wait, 0 where it need not. */
  refused(address: string | undefined): number;
}

interface ThrottleLimits {
  /** Refused requests at once. */
  readonly burst: number;
  /** Milliseconds after which all of them are forgotten. */
  readonly forgetMs: number;
  /** Addresses that are kept in mind; those seen longest ago are forgotten first. */
  readonly addresses: number;
  readonly now: () => number;
}

export const THROTTLE_LIMITS: ThrottleLimits = {
  burst: 120,
  forgetMs: 60_000,
  addresses: 10_000,
  now: () => performance.now(),
};

export function createThrottle({ burst, forgetMs, addresses, now }: ThrottleLimits = THROTTLE_LIMITS): Throttle {
  const buckets = new Map<string, Bucket>();
  return {
    refused(address) {
      const key = networkOf(address ?? '');
      const at = now();
      const bucket = refilled(buckets.get(key) ?? fullBucket(burst, at), burst, forgetMs, at);
      const waitMs = msUntil(bucket, 1, burst, forgetMs);
      const [oldest] = buckets.keys();
      buckets.delete(key);
      if (oldest !== undefined && buckets.size >= addresses) buckets.delete(oldest);
      buckets.set(key, waitMs > 0 ? bucket : { level: bucket.level - 1, at });
      return waitMs;
    },
  };
}

/** One caller has as many IPv6 addresses as it likes, all in one /64; an IPv4 address may come wrapped in an IPv6 one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
