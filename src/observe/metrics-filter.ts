/** The metrics for somebody who is no operator: they hold no names of the configuration but those that it may know. */
import type { Family, Labels } from './family.ts';
import type { Counts } from './metrics.ts';

export interface VisibleNames {
  readonly agents: readonly string[];
  readonly servers: readonly string[];
}

/** Labels that name nobody. All others but `agent` and `server` are for operators: nobody knows what names are in them. */
const PLAIN: ReadonlySet<string> = new Set([
  'operation',
  'code',
  'kind',
  'result',
  'state',
  'quantile',
  'version',
  'node',
]);

/** The counts of these names alone. @param visible undefined for everything */
export function countsIn<C extends Counts>(counts: C, visible: VisibleNames | undefined): C {
  if (visible === undefined) return counts;
  const agents = new Set(visible.agents);
  const servers = new Set(visible.servers);
  const isSeen = (labels: Labels): boolean =>
    Object.entries(labels).every(([label, value]) => {
      if (label === 'agent') return agents.has(value);
      return label === 'server' ? servers.has(value) : PLAIN.has(label);
    });
  const calls = Array.from(counts.calls, ([operation, all]) => {
    return [operation, new Map([...all].filter(([agent]) => agents.has(agent)))] as const;
  });
  const families = counts.families.map((family): Family => {
    return { ...family, values: family.values.filter(({ labels }) => isSeen(labels)) };
  });
  return {
    ...counts,
    calls: new Map(calls.filter(([, own]) => own.size > 0)),
    servers: new Map([...counts.servers].filter(([name]) => servers.has(name))),
    families,
  };
}
