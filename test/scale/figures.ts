/** What became of the calls of a load. */
import process from 'node:process';
import { linesOf } from '../support/home.ts';
import type { Replicas } from './replica-set.ts';
import type { Made } from './steady-load.ts';

export const isLong: boolean = process.env['LONG'] === '1';
/** Seconds that each part takes. */
export const SECONDS = Number(process.env['SCALE_SECONDS'] ?? 60);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls that were in flight when a replica was killed. */
export function hitBy(made: readonly Made[], { kills }: Replicas): Made[] {
  return made.filter(({ from, to }) => kills.some((kill) => from <= kill.to && to >= kill.from));
}

/** Calls that failed and were not in flight when a replica was killed. */
export function lost(made: readonly Made[], replicas: Replicas): Made[] {
  const hit = new Set(hitBy(made, replicas));
  return made.filter((call) => call.how !== 'ok' && !hit.has(call));
}

/** How often each call was made, by its mark. */
export function timesMade({ marks }: Replicas): Map<string, number> {
  const times = new Map<string, number>();
  for (const mark of linesOf(marks)) times.set(mark, (times.get(mark) ?? 0) + 1);
  return times;
}

/** Written where people see it: they are for docs/scaling.md. */
export function tell(what: string, figures: object): void {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}

/** Durations are in milliseconds. */
export function summary(made: readonly Made[]): {
  calls: number;
  ways: Record<string, number>;
  p50: number;
  p99: number;
} {
  const durations = made.filter(({ how }) => how === 'ok').map(({ from, to }) => to - from);
  durations.sort((one, other) => one - other);
  const quantile = (q: number): number => Math.round((durations[Math.floor(durations.length * q)] ?? 0) * 10) / 10;
  const ways: Record<string, number> = {};
  for (const { how } of made) {
    const way = /"code\\*":\\*"(\w+)/.exec(how)?.[1] ?? how.slice(0, 40);
    ways[way] = (ways[way] ?? 0) + 1;
  }
  return { calls: made.length, ways, p50: quantile(0.5), p99: quantile(0.99) };
}
