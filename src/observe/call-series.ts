/** Calls counted per operation and agent, bounded whatever names arrive. */
import { createHistogram, type Histogram, merge, observe } from './histogram.ts';

/** The name under which calls are counted once there are too many; no agent id can look like it. */
export const OTHER = '(other)';
/** Calls without an agent. */
const NONE = '(none)';
const MAX_OPERATIONS = 64;
const MAX_PAIRS = 512;

/** The counts of one operation of one agent. */
export interface CallSeries {
  readonly durations: Histogram;
  /** By error code; codes are those of the catalogue, so there are few. */
  readonly errors: Map<string, number>;
}

interface SeriesTable {
  /** Counts one call; under a microsecond. `agent` may be empty. */
  record(operation: string, agent: string, ms: number, errorCode: string | null): void;
  /** Operation -> agent -> series. */
  readonly all: ReadonlyMap<string, ReadonlyMap<string, CallSeries>>;
}

export function createSeriesTable(): SeriesTable {
  const all = new Map<string, Map<string, CallSeries>>();
  let pairs = 0;

  const agentsOf = (operation: string): Map<string, CallSeries> => {
    const name = all.size < MAX_OPERATIONS ? operation : OTHER;
    const existing = all.get(name);
    if (existing !== undefined) return existing;
    const made = new Map<string, CallSeries>();
    all.set(name, made);
    return made;
  };

  const make = (agents: Map<string, CallSeries>, agent: string): CallSeries => {
    const name = pairs < MAX_PAIRS ? agent : OTHER;
    const existing = agents.get(name);
    if (existing !== undefined) return existing;
    const made: CallSeries = { durations: createHistogram(), errors: new Map() };
    agents.set(name, made);
    pairs++;
    return made;
  };

  return {
    all,
    record(operation, agent, ms, errorCode) {
      const name = agent === '' ? NONE : agent;
      const agents = all.get(operation) ?? agentsOf(operation);
      const series = agents.get(name) ?? make(agents, name);
      observe(series.durations, ms);
      if (errorCode !== null) series.errors.set(errorCode, (series.errors.get(errorCode) ?? 0) + 1);
    },
  };
}

/** One series out of several. */
export function total(parts: Iterable<CallSeries>): CallSeries {
  const sum: CallSeries = { durations: createHistogram(), errors: new Map() };
  for (const part of parts) {
    merge(sum.durations, part.durations);
    for (const [code, count] of part.errors) sum.errors.set(code, (sum.errors.get(code) ?? 0) + count);
  }
  return sum;
}

/** The series of several processes. */
export function seriesTogether(
  processes: readonly ReadonlyMap<string, ReadonlyMap<string, CallSeries>>[],
): ReadonlyMap<string, ReadonlyMap<string, CallSeries>> {
  const [only, ...others] = processes;
  if (only !== undefined && others.length === 0) return only;
  const all = new Map<string, Map<string, CallSeries[]>>();
  for (const [operation, agents] of processes.flatMap((one) => [...one])) {
    const known = all.get(operation) ?? new Map<string, CallSeries[]>();
    all.set(operation, known);
    for (const [agent, series] of agents) known.set(agent, [...(known.get(agent) ?? []), series]);
  }
  return new Map(
    Array.from(all, ([operation, agents]) => [
      operation,
      new Map(Array.from(agents, ([agent, parts]) => [agent, total(parts)])),
    ]),
  );
}

export function errorCount(series: CallSeries): number {
  let count = 0;
  for (const of of series.errors.values()) count += of;
  return count;
}
