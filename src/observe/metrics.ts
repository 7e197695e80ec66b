/** Metrics: what the gateway counts, and the two forms in which `/metrics` gives it (docs/operations.md). */
import process from 'node:process';
import { createSeriesTable, errorCount, type Series, total } from './call-series.ts';
import { expose, type Family, type Sample, sampleName } from './exposition.ts';
import { quantile } from './histogram.ts';
import { createMeters, type Meters } from './meters.ts';
import { countsIn, type VisibleNames } from './metrics-filter.ts';
import { type ProcessMeasures, processesMetrics, processMeasures, processMetrics } from './process-metrics.ts';
import { addedUp } from './sum-metrics.ts';

const PREFIX = 'agent_mcp_gateway_';

/** Calls of one kind since the start. Quantiles are in milliseconds, to within 2.5 % or one microsecond. */
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
  /** @param visible which names may be told; undefined for all. */
  json(visible?: VisibleNames): MetricsReport;
  /** Prometheus text, to be sent as `TEXT_TYPE` (exposition.ts). */
  prometheus(visible?: VisibleNames): Promise<string>;
  /** All that was measured, for those who add up several processes; plain data. */
  measures(): Promise<Measures>;
}

/** The counts. */
export interface Counts {
  /** Seconds. */
  readonly uptime: number;
  /** Operation -> agent -> series. */
  readonly calls: ReadonlyMap<string, ReadonlyMap<string, Series>>;
  readonly families: readonly Family[];
}

/** The measurements of one process. */
export interface Measures extends Counts {
  readonly process: ProcessMeasures;
}

export function createMetrics(options: { readonly version: string }): Metrics {
  const started = performance.now();
  const table = createSeriesTable();
  const meters = createMeters(PREFIX);
  meters.gauge(
    'build_info',
    'Version of the gateway and of its runtime; always 1.',
    () => [{ labels: { version: options.version, node: process.version }, value: 1 }],
    true,
  );
  const uptime = (): number => Math.round(performance.now() - started) / 1000;
  meters.gauge('uptime_seconds', 'Seconds since the gateway started.', uptime, true);
  const counts = (): Counts => ({ uptime: uptime(), calls: table.all, families: meters.families() });
  return {
    record: table.record,
    counter: meters.counter,
    gauge: meters.gauge,
    json: (visible) => metricsReport([counts()], visible),
    prometheus: async (visible) => countsText([counts()], visible) + (await processMetrics()),
    measures: async () => ({ ...counts(), process: await processMeasures() }),
  };
}

/** The measurements of all processes of a gateway, as one report. */
export function metricsReport(processes: readonly Counts[], visible?: VisibleNames): MetricsReport {
  const { uptime, calls, families } = countsIn(addedUp(processes), visible);
  return { uptime_seconds: uptime, ...callReport(calls), values: values(families) };
}

/** The same as Prometheus text, to be sent as `TEXT_TYPE` (exposition.ts). */
export async function metricsText(processes: readonly Measures[], visible?: VisibleNames): Promise<string> {
  return countsText(processes, visible) + (await processesMetrics(processes.map((one) => one.process)));
}

function countsText(processes: readonly Counts[], visible: VisibleNames | undefined): string {
  const { calls, families } = countsIn(addedUp(processes), visible);
  return expose([...callFamilies(calls), ...families]);
}

function callReport(calls: Counts['calls']): Pick<MetricsReport, 'operations' | 'agents'> {
  const byAgent = new Map<string, Series[]>();
  const operations = Array.from(calls, ([operation, agents]) => {
    for (const [agent, series] of agents) byAgent.set(agent, [...(byAgent.get(agent) ?? []), series]);
    const own = Array.from(agents, ([agent, series]) => [agent, stats(series)] as const);
    return [operation, { ...stats(total(agents.values())), agents: Object.fromEntries(own) }] as const;
  });
  const agents = Array.from(byAgent, ([agent, parts]) => [agent, stats(total(parts))] as const);
  return { operations: Object.fromEntries(operations), agents: Object.fromEntries(agents) };
}

function stats(series: Series): CallStats {
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
  const entries = families.flatMap(({ name, samples }) =>
    samples.map(({ labels, value }) => [sampleName(name, labels), value] as const),
  );
  return Object.fromEntries(entries);
}

function callFamilies(calls: Counts['calls']): Family[] {
  const counts: Sample[] = [];
  const errors: Sample[] = [];
  const durations: Sample[] = [];
  for (const [operation, agents] of calls) {
    for (const [agent, series] of agents) {
      const labels = { operation, agent };
      counts.push({ labels, value: series.durations.count });
      for (const [code, value] of series.errors) errors.push({ labels: { ...labels, code }, value });
      for (const q of [0.5, 0.95, 0.99]) {
        durations.push({ labels: { ...labels, quantile: String(q) }, value: quantile(series.durations, q) });
      }
      durations.push({ labels, value: series.durations.sum, suffix: '_sum' });
      durations.push({ labels, value: series.durations.count, suffix: '_count' });
    }
  }
  return [
    { name: `${PREFIX}operations_total`, help: 'Operations, failed ones included.', type: 'counter', samples: counts },
    { name: `${PREFIX}errors_total`, help: 'Operations that failed, by error code.', type: 'counter', samples: errors },
    {
      name: `${PREFIX}operation_duration_milliseconds`,
      help: 'How long operations took, since the start of the gateway.',
      type: 'summary',
      samples: durations,
    },
  ];
}
