/** The store that several gateways share (docs/scaling.md). All that is done with it are scripts, each of which is one step. */
import { createHash } from 'node:crypto';

/** A step at the store, in Lua. */
export interface StoreScript {
  readonly text: string;
  /** SHA-1 of the text: the name that the store has for it. */
  readonly sha: string;
}

export interface SharedStore {
  /** Names this gateway, as long as it runs. */
  readonly replica: string;
  /** Gateways that were last seen, this one included. */
  readonly replicas: number;
  /** False while nothing need be tried. */
  readonly isUp: boolean;
  /** Milliseconds since 1970 by the clock of the store, as far as it is known. */
  now(): number;
  /**
   * Takes one step.
   * @param keys without the part that all have in common
   * @throws StoreUnreachable; the step may have been taken
   */
  run(script: StoreScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>;
  /** Calls back whenever the store is there again, or has forgotten this gateway. */
  onReturn(listener: () => void): void;
  close(): Promise<void>;
}

/** The store did not answer in time, or not as it should; it is tried again by itself. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';
}

/** The beginning of all keys, by which a cluster keeps them in one place: one step may touch several. */
export const KEY_START = '{amg}:';
/** The key of the set of gateways that are alive: their names, by the time at which they count as dead. */
export const REPLICAS = 'replicas';

export function storeScript(text: string): StoreScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** The time of a step in milliseconds: the first value where a test has a clock of its own, else that of the store. */
export const NOW = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end`;

/** The name of something in a key: whatever it holds, and as short as it is certain. */
export function keyName(...parts: readonly (string | undefined)[]): string {
  const text = JSON.stringify(parts.map((part) => part ?? null));
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
