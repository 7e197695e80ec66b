/** Limits per principal and per agent: calls per minute, calls at a time, bytes per hour (the rules' `limits`). */
import type { Limits, Snapshot } from '../config/snapshot.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Bucket, fullBucket, msUntil, refilled } from '../shared/token-bucket.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Bytes, counted only where there is a limit of them. */
type Bytes = () => number;

/** Ends a call that was let through; the bytes of its result count even where they are more than was left. */
export type Done = (result: Bytes) => void;

export interface Limiter {
  /**
   * Counts a call of a principal as an agent. Both must have room, or neither is charged. A promise where another process
   * counts.
   * @throws GatewayError RATE_LIMITED saying which limit it is and how long to wait
   */
  admit(
    snapshot: Snapshot,
    who: { readonly principal: string; readonly agent: string },
    request: Bytes,
  ): Done | undefined | Promise<Done | undefined>;
}

/** Someone with limits. */
export interface LimitedParty {
  /** For the message. */
  readonly who: string;
  /** For the audit. */
  readonly path: string;
  readonly limits: Limits;
}

/** The same, and what was used of them. */
interface Party extends LimitedParty {
  readonly usage: Usage;
}

/** The used part of the limits of a party. */
export interface Usage {
  running: number;
  calls: Bucket | undefined;
  bytes: Bucket | undefined;
}

/** A limiter that counts in this process. */
export interface LocalLimiter extends Limiter {
  admit(...args: Parameters<Limiter['admit']>): Done | undefined;
}

/** @param now milliseconds of a clock that only goes forward. */
export function createLimiter(now: () => number = () => performance.now()): LocalLimiter {
  /** By paths in the rules, so there are no more of them than of those. */
  const usages = new Map<string, Usage>();
  return {
    admit(snapshot, who, request) {
      const parties = partiesOf(snapshot, who, usages);
      if (parties === undefined) return undefined;
      const counts = countsBytes(parties);
      admitParties(parties, counts ? request() : 0, now());
      return (result) => {
        const resultBytes = counts ? result() : 0;
        for (const { usage } of parties) {
          usage.running--;
          if (usage.bytes !== undefined) usage.bytes = taken(usage.bytes, resultBytes);
        }
      };
    },
  };
}

/** Those whose limits a call counts for; undefined where there are none. @param usages of all */
export function partiesOf(
  snapshot: Snapshot,
  { principal, agent }: { readonly principal: string; readonly agent: string },
  usages: Map<string, Usage>,
): Party[] | undefined {
  const ofPrincipal = snapshot.principals?.get(principal)?.limits;
  const ofAgent = snapshot.agentTerms.get(agent)?.limits;
  if (ofPrincipal === undefined && ofAgent === undefined) return undefined;
  const parties: Party[] = [];
  if (ofPrincipal) parties.push(partyOf('This caller', `principals.${principal}.limits`, ofPrincipal, usages));
  if (ofAgent) parties.push(partyOf(`Agent '${agent}'`, `agents.${agent}.limits`, ofAgent, usages));
  return parties;
}

function partyOf(who: string, path: string, limits: Limits, usages: Map<string, Usage>): Party {
  let usage = usages.get(path);
  if (usage === undefined) {
    usage = { running: 0, calls: undefined, bytes: undefined };
    usages.set(path, usage);
  }
  return { who, path, limits, usage };
}

export function countsBytes(parties: readonly LimitedParty[]): boolean {
  return parties.some(({ limits }) => limits.bytesPerHour !== undefined);
}

/** Charges all parties, or none. @param at milliseconds of a clock that only goes forward. @throws GatewayError RATE_LIMITED */
export function admitParties(parties: readonly Party[], requestBytes: number, at: number): void {
  for (const party of parties) refill(party, at);
  for (const party of parties) checkRoom(party, requestBytes);
  for (const { usage } of parties) charge(usage, requestBytes);
}

/** A limit that came, went or changed with the rules takes effect here. */
function refill({ limits: { callsPerMinute, bytesPerHour }, usage }: Party, at: number): void {
  usage.calls = bucketAt(usage.calls, callsPerMinute, MINUTE_MS, at);
  usage.bytes = bucketAt(usage.bytes, bytesPerHour, HOUR_MS, at);
}

function bucketAt(bucket: Bucket | undefined, limit: number | undefined, ms: number, at: number): Bucket | undefined {
  return limit === undefined ? undefined : refilled(bucket ?? fullBucket(limit, at), limit, ms, at);
}

function checkRoom(party: Party, requestBytes: number): void {
  const { limits, usage } = party;
  const { callsPerMinute, concurrentCalls, bytesPerHour } = limits;
  if (concurrentCalls !== undefined && usage.running >= concurrentCalls) throw limited(party, 'concurrent_calls');
  if (callsPerMinute !== undefined && usage.calls !== undefined) {
    const waitMs = msUntil(usage.calls, 1, callsPerMinute, MINUTE_MS);
    if (waitMs > 0) throw limited(party, 'calls_per_minute', waitMs);
  }
  if (bytesPerHour !== undefined && usage.bytes !== undefined) {
    const waitMs = requestBytes > bytesPerHour ? TOO_LARGE : msUntil(usage.bytes, requestBytes, bytesPerHour, HOUR_MS);
    if (waitMs !== 0) throw limited(party, 'bytes_per_hour', waitMs);
  }
}

/** In the place of a time to wait: no time would do. */
export const TOO_LARGE = -1;

/** The refusal for a limit that is reached. @param waitMs milliseconds until there is room, or `TOO_LARGE` */
export function limited(
  { who, path, limits }: LimitedParty,
  limit: 'concurrent_calls' | 'calls_per_minute' | 'bytes_per_hour',
  waitMs = 0,
): GatewayError {
  const { callsPerMinute = 0, concurrentCalls = 0, bytesPerHour = 0 } = limits;
  const running = concurrentCalls === 1 ? 'a call running' : `${concurrentCalls} calls running`;
  const wait = waitMs < 0 ? SMALLER : `: try again in ${Math.ceil(waitMs / 1000)} s.`;
  const sentences = {
    concurrent_calls: `${who} has ${running}, as many as it may: try again in 1 s, or when one has ended.`,
    calls_per_minute: `${who} may make ${callsPerMinute} calls per minute${wait}`,
    bytes_per_hour: `${who} may move ${bytesPerHour} bytes per hour${wait}`,
  };
  return new GatewayError('RATE_LIMITED', sentences[limit], { data: { rule: `${path}.${limit}` } });
}

const SMALLER = ', and this request alone has more: make it smaller.';

function charge(usage: Usage, requestBytes: number): void {
  usage.running++;
  if (usage.calls !== undefined) usage.calls = taken(usage.calls, 1);
  if (usage.bytes !== undefined) usage.bytes = taken(usage.bytes, requestBytes);
}

export function taken({ level, at }: Bucket, amount: number): Bucket {
  return { level: level - amount, at };
}
