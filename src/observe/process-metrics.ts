/** Memory, CPU, event loop and garbage collection of processes, by prom-client. Loaded at the first scrape: it costs a start. */
import type { Registry } from 'prom-client';

/** The measurements of one process, as prom-client adds them up; plain data. */
export type ProcessMeasures = object;

let loaded: Promise<Registry> | undefined;

function registry(): Promise<Registry> {
  loaded ??= import('prom-client').then(({ default: client }) => {
    const register = new client.Registry();
    client.collectDefaultMetrics({ register });
    return register;
  });
  return loaded;
}

/** The families of this process in the text format of Prometheus. */
export async function processMetrics(): Promise<string> {
  return (await registry()).metrics();
}

export async function processMeasures(): Promise<ProcessMeasures> {
  return (await registry()).getMetricsAsJSON();
}

/** The families of several processes, added up where that means something, in the text format of Prometheus. */
export async function processesMetrics(processes: readonly ProcessMeasures[]): Promise<string> {
  const { AggregatorRegistry } = (await import('prom-client')).default;
  return AggregatorRegistry.aggregate([...processes]).metrics();
}
