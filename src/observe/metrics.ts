/** Metrics: what the gateway counts, and the two forms in which `/metrics` gives it (docs/monitoring.md). */
import process from 'node:process';
import { operationFamilies, serverFamilies } from './call-families.ts';
import { type CallSeries, createSeriesTable, errorCount, seriesTogether, total } from './call-series.ts';
import type { CallTimes } from './call-times.ts';
import { type Family, PREFIX, sampleName } from './family.ts';
import { quantile } from './histogram.ts';
import { createMeters, type Meters } from './meters.ts';
import { countsIn, type VisibleNames } from './metrics-filter.ts';
import { exposition, processFamilies, together } from './prometheus.ts';
import { createServerTable, figuresOf, type ServerCalls, type ServerFigures, serversTogether } from './server-table.ts';

/** Calls of one kind since the start. Quantiles are in milliseconds, to within 2.2 % or one microsecond. */
interface CallStats {
  readonly count: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface MetricsReport {
  readonly uptime_seconds: number;
  readonly operations: Readonly<Record<string, CallStats & { readonly agents: Readonly<Record<string, CallStats>> }>>;
  readonly agents: Readonly<Record<string, CallStats>>;
  readonly servers: Readonly<Record<string, ServerFigures>>;
  /** Counters and gauges, named as in the Prometheus text. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Metrics extends Pick<Meters, 'counter' | 'gauge'> {
  /**
   * Counts one operation; costs less than a microsecond.
   * @param agent effective agent, empty where there is none.
   * @param ms how long it took, in milliseconds.
   * @param errorCode code of the catalogue, null for a success.
   */
  record(operation: string, agent: string, ms: number, errorCode: string | null): void;
  /** The same for a call to a server. @param at when it ended, as `performance.now()` says. */
  recordCall(server: string, at: number, ms: number, times: CallTimes, errorCode: string | null): void;
  /** @param visible which names may be told; undefined for all. */
  json(visible?: VisibleNames): Promise<MetricsReport>;
  /** Prometheus text, to be sent as `TEXT_TYPE` (family.ts). */
  prometheus(visible?: VisibleNames): Promise<string>;
  /** The calls to each server. */
  servers(): ReadonlyMap<string, ServerCalls>;
  /** All that was measured, for those who add up several processes; plain data. */
  measures(): Promise<Measures>;
}

/** The counts. */
export interface Counts {
  /** Seconds. */
  readonly uptime: number;
  /** Operation -> agent -> series. */
  readonly calls: ReadonlyMap<string, ReadonlyMap<string, CallSeries>>;
  readonly servers: ReadonlyMap<string, ServerCalls>;
  /** Counters and gauges. */
  readonly families: readonly Family[];
}

/** The measurements of one process. */
export interface Measures extends Counts {
  /** Its memory, processor time and so on. */
  readonly process: readonly Family[];
}

export function createMetrics(options: { readonly version: string }): Metrics {
  const started = performance.now();
  const table = createSeriesTable();
  const servers = createServerTable();
  const meters = createMeters(PREFIX);
  meters.gauge(
    'build_info',
    'Version of the gateway and of its runtime; always 1.',
    () => [{ labels: { version: options.version, node: process.version }, value: 1 }],
    'max',
  );
  const uptime = (): number => Math.round(performance.now() - started) / 1000;
  meters.gauge('uptime_seconds', 'Seconds since the gateway started.', uptime, 'max');
  const counts = (): Counts => ({
    uptime: uptime(),
    calls: table.all,
    servers: servers.all(),
    families: meters.families(),
  });
  const measures = async (): Promise<Measures> => ({ ...counts(), process: await processFamilies() });
  return {
    record: table.record,
    recordCall: servers.record,
    counter: meters.counter,
    gauge: meters.gauge,
    json: (visible) => metricsReport([counts()], visible),
    prometheus: async (visible) => metricsText([await measures()], visible),
    servers: servers.all,
    measures,
  };
}

/** The measurements of all processes of a gateway, as one report. */
export async function metricsReport(processes: readonly Counts[], visible?: VisibleNames): Promise<MetricsReport> {
  const { uptime, calls, servers, families } = countsIn(await addedUp(processes), visible);
  const figures = Array.from(servers, ([name, its]) => [name, figuresOf(its)] as const);
  return {
    uptime_seconds: uptime,
    ...callReport(calls),
    servers: Object.fromEntries(figures),
    values: values(families),
  };
}

/** The same as Prometheus text, to be sent as `TEXT_TYPE` (family.ts). */
export async function metricsText(processes: readonly Measures[], visible?: VisibleNames): Promise<string> {
  const { calls, servers, families } = countsIn(await addedUp(processes), visible);
  const own = await together(processes.map((one) => one.process));
  return exposition([...operationFamilies(calls), ...serverFamilies(servers), ...families, ...own]);
}

async function addedUp(processes: readonly Counts[]): Promise<Counts> {
  return {
    uptime: Math.max(0, ...processes.map(({ uptime }) => uptime)),
    calls: seriesTogether(processes.map(({ calls }) => calls)),
    servers: serversTogether(processes.map(({ servers }) => servers)),
    families: await together(processes.map(({ families }) => families)),
  };
}

function callReport(calls: Counts['calls']): Pick<MetricsReport, 'operations' | 'agents'> {
  const byAgent = new Map<string, CallSeries[]>();
  const operations = Array.from(calls, ([operation, agents]) => {
    for (const [agent, series] of agents) byAgent.set(agent, [...(byAgent.get(agent) ?? []), series]);
    const own = Array.from(agents, ([agent, series]) => [agent, stats(series)] as const);
    return [operation, { ...stats(total(agents.values())), agents: Object.fromEntries(own) }] as const;
  });
  const agents = Array.from(byAgent, ([agent, parts]) => [agent, stats(total(parts))] as const);
  return { operations: Object.fromEntries(operations), agents: Object.fromEntries(agents) };
}

function stats(series: CallSeries): CallStats {
  const at = (q: number): number => Math.round(quantile(series.durations, q) * 1e6) / 1e6;
  return {
    count: series.durations.count,
    errors: errorCount(series),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

function values(families: readonly Family[]): Record<string, number> {
  const entries = families.flatMap(({ name, values: samples }) =>
    samples.map(({ labels, value }) => [sampleName(name, labels), value] as const),
  );
  return Object.fromEntries(entries);
}
