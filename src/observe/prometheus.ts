/**
 * The library of metrics, prom-client: it measures memory, processor time, event loop and garbage collection of a process, adds up
 * the families of several processes, and writes them as text. Loaded when somebody reads the metrics first: it costs a start.
 */
import { setImmediate } from 'node:timers/promises';
import type { Metric, Registry } from 'prom-client';
import type { Family } from './family.ts';

let loaded: Promise<Registry> | undefined;

function registry(): Promise<Registry> {
  loaded ??= import('prom-client').then(({ default: client }) => {
    const register = new client.Registry();
    client.collectDefaultMetrics({ register });
    return register;
  });
  return loaded;
}

/** The families of this process itself; plain data. */
export async function processFamilies(): Promise<readonly Family[]> {
  return (await (await registry()).getMetricsAsJSON()) as unknown as readonly Family[];
}

/** The families of several processes together, where that means something. */
export async function together(processes: readonly (readonly Family[])[]): Promise<readonly Family[]> {
  const [only, ...others] = processes;
  if (only !== undefined && others.length === 0) return only;
  const { AggregatorRegistry } = (await import('prom-client')).default;
  const sum = AggregatorRegistry.aggregate(processes.map((families) => [...families]));
  return (await sum.getMetricsAsJSON()) as unknown as readonly Family[];
}

/** The families in the text format of Prometheus: one per turn of the event loop, since there may be many samples. */
export async function exposition(families: readonly Family[]): Promise<string> {
  const { Registry } = (await import('prom-client')).default;
  const writer = new Registry();
  let text = '';
  for (const family of families) {
    const metric = { name: family.name, get: () => Promise.resolve(family) };
    writer.registerMetric(metric as unknown as Metric);
    text += `${await writer.getSingleMetricAsString(family.name)}\n`;
    await setImmediate();
  }
  return text;
}
