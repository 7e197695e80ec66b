/** Limits per principal and per agent: calls per minute, calls at a time, bytes per hour (the rules' `limits`). */
import type { Limits, Snapshot } from '../config/snapshot.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Bucket, fullBucket, msUntil, refilled } from '../shared/token-bucket.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

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

/** Someone with limits, and what was used of them. */
interface Party {
  /** For the message. */
  readonly who: string;
  /** For the audit. */
  readonly path: string;
  readonly limits: Limits;
  readonly usage: Usage;
}

interface Usage {
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
  /** By names of the rules, so there are no more of them than of those. */
  const principals = new Map<string, Usage>();
  const agents = new Map<string, Usage>();
  return {
    admit(snapshot, { principal, agent }, request) {
      const ofPrincipal = snapshot.principals?.get(principal)?.limits;
      const ofAgent = snapshot.agentTerms.get(agent)?.limits;
      if (ofPrincipal === undefined && ofAgent === undefined) return undefined;
      const parties: Party[] = [];
      if (ofPrincipal)
        parties.push({
          who: 'This caller',
          path: `principals.${principal}.limits`,
          limits: ofPrincipal,
          usage: usageOf(principals, principal),
        });
      if (ofAgent)
        parties.push({
          who: `Agent '${agent}'`,
          path: `agents.${agent}.limits`,
          limits: ofAgent,
          usage: usageOf(agents, agent),
        });
      const at = now();
      const counts = parties.some(({ limits }) => limits.bytesPerHour !== undefined);
      const requestBytes = counts ? request() : 0;
      for (const party of parties) refill(party, at);
      for (const party of parties) checkRoom(party, requestBytes);
      for (const { usage } of parties) charge(usage, requestBytes);
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

function usageOf(usages: Map<string, Usage>, name: string): Usage {
  const known = usages.get(name);
  if (known !== undefined) return known;
  const usage: Usage = { running: 0, calls: undefined, bytes: undefined };
  usages.set(name, usage);
  return usage;
}

/** A limit that came, went or changed with the rules takes effect here. */
function refill({ limits: { callsPerMinute, bytesPerHour }, usage }: Party, at: number): void {
  usage.calls = bucketAt(usage.calls, callsPerMinute, MINUTE_MS, at);
  usage.bytes = bucketAt(usage.bytes, bytesPerHour, HOUR_MS, at);
}

function bucketAt(bucket: Bucket | undefined, limit: number | undefined, ms: number, at: number): Bucket | undefined {
  return limit === undefined ? undefined : refilled(bucket ?? fullBucket(limit, at), limit, ms, at);
}

function checkRoom({ who, path, limits, usage }: Party, requestBytes: number): void {
  const { callsPerMinute, concurrentCalls, bytesPerHour } = limits;
  if (concurrentCalls !== undefined && usage.running >= concurrentCalls) {
    const what = concurrentCalls === 1 ? 'a call running' : `${concurrentCalls} calls running`;
    throw limited(
      `${who} has ${what}, as many as it may: try again in 1 s, or when one has ended.`,
      `${path}.concurrent_calls`,
    );
  }
  if (callsPerMinute !== undefined && usage.calls !== undefined) {
    const waitMs = msUntil(usage.calls, 1, callsPerMinute, MINUTE_MS);
    if (waitMs > 0)
      throw limited(`${who} may make ${callsPerMinute} calls per minute: ${wait(waitMs)}`, `${path}.calls_per_minute`);
  }
  if (bytesPerHour !== undefined && usage.bytes !== undefined) {
    if (requestBytes > bytesPerHour) {
      throw limited(
        `${who} may move ${bytesPerHour} bytes per hour, and this request alone has more: make it smaller.`,
        `${path}.bytes_per_hour`,
      );
    }
    const waitMs = msUntil(usage.bytes, requestBytes, bytesPerHour, HOUR_MS);
    if (waitMs > 0)
      throw limited(`${who} may move ${bytesPerHour} bytes per hour: ${wait(waitMs)}`, `${path}.bytes_per_hour`);
  }
}

function charge(usage: Usage, requestBytes: number): void {
  usage.running++;
  if (usage.calls !== undefined) usage.calls = taken(usage.calls, 1);
  if (usage.bytes !== undefined) usage.bytes = taken(usage.bytes, requestBytes);
}

function taken({ level, at }: Bucket, amount: number): Bucket {
  return { level: level - amount, at };
}

function wait(ms: number): string {
  return `try again in ${Math.ceil(ms / 1000)} s.`;
}

/** @param rule for the audit. */
function limited(message: string, rule: string): GatewayError {
  return new GatewayError('RATE_LIMITED', message, { data: { rule } });
}
