/** Adds up what several processes measured. */

import { type Series, total } from './call-series.ts';
import { type Family, type Sample, sampleName } from './exposition.ts';
import type { Counts } from './metrics.ts';

export function addedUp(processes: readonly Counts[]): Counts {
  const [only, ...others] = processes;
  if (only !== undefined && others.length === 0) return only;
  return {
    uptime: Math.max(0, ...processes.map(({ uptime }) => uptime)),
    calls: callsOf(processes),
    families: familiesOf(processes),
  };
}

function callsOf(processes: readonly Counts[]): Counts['calls'] {
  const all = new Map<string, Map<string, Series[]>>();
  for (const { calls } of processes) {
    for (const [operation, agents] of calls) {
      const known = all.get(operation) ?? new Map<string, Series[]>();
      all.set(operation, known);
      for (const [agent, series] of agents) known.set(agent, [...(known.get(agent) ?? []), series]);
    }
  }
  return new Map(
    Array.from(all, ([operation, agents]) => [
      operation,
      new Map(Array.from(agents, ([agent, parts]) => [agent, total(parts)])),
    ]),
  );
}

function familiesOf(processes: readonly Counts[]): Family[] {
  const all = new Map<string, { readonly family: Family; readonly samples: Map<string, Sample> }>();
  for (const family of processes.flatMap(({ families }) => families)) {
    const known = all.get(family.name) ?? { family, samples: new Map<string, Sample>() };
    all.set(family.name, known);
    for (const sample of family.samples) {
      const name = sampleName(family.name, sample.labels);
      const before = known.samples.get(name)?.value;
      const value = before === undefined ? sample.value : together(family, before, sample.value);
      known.samples.set(name, { ...sample, value });
    }
  }
  return Array.from(all.values(), ({ family, samples }) => ({ ...family, samples: [...samples.values()] }));
}

function together({ common }: Family, one: number, other: number): number {
  return common === true ? Math.max(one, other) : one + other;
}
