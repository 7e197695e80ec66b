/**
 * Attestations of hooks: this tool use comes from that agent. A client whose subagents share a connection runs the hook itself, so
 * that a model cannot choose what it says. Each attestation is good once, for 30 seconds.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Milliseconds that an attestation is good. */
export const GOOD_MS = 30_000;
const MAX_HELD = 10_000;
const MAX_TEXT = 256;

/** @property agent undefined where it is the main conversation and no subagent. */
export interface Attested {
  readonly agent: string | undefined;
}

export interface AttestedUses {
  /** The agent of a tool use, once; undefined where nothing good was attested. A promise where another process keeps them. */
  take(toolUseId: string): Attested | undefined | Promise<Attested | undefined>;
}

export interface Attestations extends AttestedUses {
  /** @returns whether the line is genuine, fresh and new. */
  accept(line: string): boolean;
  take(toolUseId: string): Attested | undefined;
}

/** The line that attests a tool use. @param time milliseconds since 1970. */
export function attestationLine(key: Buffer, toolUseId: string, agent: string | undefined, time: number): string {
  const fields = [toolUseId, agent ?? null, time] as const;
  return JSON.stringify({
    tool_use_id: toolUseId,
    agent: agent ?? null,
    time,
    mac: macOf(key, fields).toString('hex'),
  });
}

/**
 * @param today milliseconds since 1970, as other processes of this machine know them.
 * @param now milliseconds of a clock that never jumps.
 */
export function createAttestations(
  key: Buffer,
  today: () => number = Date.now,
  now: () => number = () => performance.now(),
): Attestations {
  /** In order of arrival. Those that were taken stay until their time is over, so that they cannot come again. */
  const held = new Map<string, { readonly agent: string | undefined; readonly until: number; good: boolean }>();
  const expire = (): void => {
    const at = now();
    for (const [id, { until }] of held) {
      if (until > at) break;
      held.delete(id);
    }
  };
  return {
    accept(line) {
      expire();
      const fields = fieldsOf(line);
      if (fields === undefined || held.size >= MAX_HELD) return false;
      const { id, agent, time, mac } = fields;
      if (Math.abs(today() - time) > GOOD_MS) return false;
      const expected = macOf(key, [id, agent, time]);
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return false;
      const known = held.get(id);
      if (known === undefined) {
        // From now on, whatever its own clock said: nothing leaves before what came earlier.
        held.set(id, { agent: agent ?? undefined, until: now() + 2 * GOOD_MS, good: true });
        return true;
      }
      // Said twice, or two things said: nobody knows which is true.
      known.good = false;
      return false;
    },
    take(toolUseId) {
      const found = held.get(toolUseId);
      if (found === undefined || !found.good || now() >= found.until - GOOD_MS) return undefined;
      found.good = false;
      return { agent: found.agent };
    },
  };
}

interface Fields {
  readonly id: string;
  readonly agent: string | null;
  readonly time: number;
  readonly mac: Buffer;
}

function fieldsOf(line: string): Fields | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { tool_use_id: id, agent, time, mac } = parsed as Record<string, unknown>;
  if (!isText(id) || !(agent === null || isText(agent))) return undefined;
  if (typeof time !== 'number' || typeof mac !== 'string') return undefined;
  return { id, agent, time, mac: Buffer.from(mac, 'hex') };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function macOf(key: Buffer, fields: readonly [string, string | null, number]): Buffer {
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest();
}
