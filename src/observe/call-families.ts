/** Calls as metric families: of each operation and agent, and of each server. */
import type { CallDurations } from './call-durations.ts';
import type { CallSeries } from './call-series.ts';
import { type Family, type Labels, PREFIX, type Sample } from './family.ts';
import { cumulative, type Histogram, quantile } from './histogram.ts';
import type { ServerCalls } from './server-table.ts';

/** Bounds of the buckets: 2^-2 ms (0.25 ms) to 2^16 ms (65.536 s), each twice the one before. */
const FROM = -2;
const TO = 16;
const BOUNDS = Array.from({ length: TO - FROM + 1 }, (_, at) => ({ le: String(2 ** (FROM + at) / 1000) }));
const INFINITE = { le: '+Inf' };

/** @param calls operation -> agent -> series */
export function operationFamilies(calls: ReadonlyMap<string, ReadonlyMap<string, CallSeries>>): Family[] {
  const all = Array.from(calls, ([operation, agents]) =>
    Array.from(agents, ([agent, series]) => ({ labels: { operation, agent }, series })),
  ).flat();
  return [
    {
      name: `${PREFIX}operations_total`,
      help: 'Operations, failed ones included.',
      type: 'counter',
      aggregator: 'sum',
      values: all.map(({ labels, series }) => ({ labels, value: series.durations.count })),
    },
    {
      name: `${PREFIX}errors_total`,
      help: 'Operations that failed, by error code.',
      type: 'counter',
      aggregator: 'sum',
      values: all.flatMap(({ labels, series }) =>
        Array.from(series.errors, ([code, value]) => ({ labels: { ...labels, code }, value })),
      ),
    },
    {
      name: `${PREFIX}operation_duration_seconds`,
      help: 'How long operations took.',
      type: 'histogram',
      aggregator: 'sum',
      values: all.flatMap(({ labels, series }) =>
        classic(`${PREFIX}operation_duration_seconds`, labels, series.durations),
      ),
    },
    {
      name: `${PREFIX}operation_duration_milliseconds`,
      help: 'Old form of `operation_duration_seconds`, until 0.4: quantiles since the start.',
      type: 'summary',
      aggregator: 'sum',
      values: all.flatMap(({ labels, series }) => summary(labels, series.durations)),
    },
  ];
}

/** A histogram for each part of the durations. */
const CALL_HISTOGRAMS: readonly (Omit<Family, 'values'> & { readonly part: keyof CallDurations })[] = [
  {
    name: `${PREFIX}call_duration_seconds`,
    help: 'How long calls took that were sent to a server, or should have been: from their arrival to their answer.',
    type: 'histogram',
    aggregator: 'sum',
    part: 'whole',
  },
  {
    name: `${PREFIX}call_queue_duration_seconds`,
    help: 'The part of it until they could be sent: for their turn, and for a connection that was not there yet.',
    type: 'histogram',
    aggregator: 'sum',
    part: 'queue',
  },
  {
    name: `${PREFIX}call_server_duration_seconds`,
    help: 'The part of it until the server had answered.',
    type: 'histogram',
    aggregator: 'sum',
    part: 'server',
  },
  {
    name: `${PREFIX}call_gateway_duration_seconds`,
    help: 'The part of it in the gateway itself. What people take for an approval or a sign-in is in no part.',
    type: 'histogram',
    aggregator: 'sum',
    part: 'gateway',
  },
];

export function serverFamilies(servers: ReadonlyMap<string, ServerCalls>): Family[] {
  const all = Array.from(servers, ([server, calls]) => ({ labels: { server }, calls }));
  return [
    ...CALL_HISTOGRAMS.map(({ part, ...family }) => ({
      ...family,
      values: all.flatMap(({ labels, calls }) => classic(family.name, labels, calls[part])),
    })),
    {
      name: `${PREFIX}call_errors_total`,
      help: 'Those of these calls that failed, by error code.',
      type: 'counter',
      aggregator: 'sum',
      values: all.flatMap(({ labels, calls }) =>
        Array.from(calls.errors, ([code, value]) => ({ labels: { ...labels, code }, value })),
      ),
    },
  ];
}

/** A classic histogram in seconds. */
function classic(name: string, labels: Labels, histogram: Histogram): Sample[] {
  const counts = cumulative(histogram, FROM, TO);
  const metricName = `${name}_bucket`;
  return [
    ...BOUNDS.map((le, at) => ({ metricName, sharedLabels: labels, labels: le, value: counts[at] ?? 0 })),
    { metricName, sharedLabels: labels, labels: INFINITE, value: histogram.count },
    { metricName: `${name}_sum`, labels, value: histogram.sum / 1000 },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}

function summary(labels: Labels, histogram: Histogram): Sample[] {
  const name = `${PREFIX}operation_duration_milliseconds`;
  return [
    ...[0.5, 0.95, 0.99].map((q) => ({ labels: { ...labels, quantile: String(q) }, value: quantile(histogram, q) })),
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
