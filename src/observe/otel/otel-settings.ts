/** The settings of `OTEL_*` variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */

import { parseUrl } from '../../shared/parse-url.ts';
import { OtelVariables } from './otel-variables.ts';
import { type Sampler, samplerNamed } from './sampler.ts';

/** The address and the form of one kind of data. */
export interface Destination {
  readonly url: URL;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  /** True where bodies are compressed with gzip. */
  readonly isCompressed: boolean;
  /** Milliseconds for one batch, repetitions included. */
  readonly timeoutMs: number;
  /** Path to a PEM file with more authorities. */
  readonly ca: string | undefined;
}

export interface TraceSettings extends Destination {
  readonly sampler: Sampler;
  /** Spans that wait; more are dropped. */
  readonly maxQueue: number;
  /** Spans in one request. */
  readonly maxBatch: number;
  /** Milliseconds that a span waits for others. */
  readonly delayMs: number;
}

export interface MetricSettings extends Destination {
  readonly intervalMs: number;
  readonly temporality: 'cumulative' | 'delta';
}

export interface OtelSettings {
  readonly resource: ReadonlyMap<string, string>;
  /** Undefined where none are sent. */
  readonly traces: TraceSettings | undefined;
  readonly metrics: MetricSettings | undefined;
  /** True where Trace Context is read from requests and written into those to servers. */
  readonly propagates: boolean;
  /** True where spans have the arguments and results of tools. */
  readonly hasContent: boolean;
  /** Characters that the value of an attribute may have. */
  readonly maxCharacters: number;
  /** Settings that were given and are not followed: sentences. */
  readonly problems: readonly string[];
}

const DEFAULT_ENDPOINT = 'http://localhost:4318';
const MAX_CHARACTERS = 8192;

/** @param own attributes of the resource; what the variables say counts more */
export function readOtelSettings(
  env: Readonly<Record<string, string | undefined>>,
  own: ReadonlyMap<string, string>,
): OtelSettings {
  const said = new OtelVariables(env);
  const service = said.text('OTEL_SERVICE_NAME');
  const resource = new Map([...own, ...said.pairs('OTEL_RESOURCE_ATTRIBUTES')]);
  if (service !== undefined) resource.set('service.name', service);
  const traces = isSent(said, 'TRACES') ? tracesOf(said) : undefined;
  const metrics = isSent(said, 'METRICS') ? metricsOf(said) : undefined;
  const propagators = said.list('OTEL_PROPAGATORS') ?? ['tracecontext', 'baggage'];
  const content = said.text('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT')?.toLowerCase() ?? '';
  const limit = said.count('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? said.count('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
  return {
    resource,
    traces,
    metrics,
    propagates: propagators.includes('tracecontext'),
    hasContent: ['true', 'span_only', 'span_and_event'].includes(content),
    maxCharacters: Math.min(limit ?? MAX_CHARACTERS, MAX_CHARACTERS),
    problems: said.problems,
  };
}

type Signal = 'TRACES' | 'METRICS';

/** Nothing is sent unless somebody says where to, or that it is. */
function isSent(said: OtelVariables, signal: Signal): boolean {
  const exporters = said.list(`OTEL_${signal}_EXPORTER`);
  const endpoint = said.text(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? said.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (exporters === undefined) return endpoint !== undefined;
  const others = exporters.filter((name) => name !== 'otlp' && name !== 'none');
  if (others.length > 0) said.refuse(`OTEL_${signal}_EXPORTER`, `${others.join(', ')}: only otlp and none are known`);
  return exporters.includes('otlp');
}

function destinationOf(said: OtelVariables, signal: Signal): Destination | undefined {
  const name = (what: string): readonly [string, string] => [
    `OTEL_EXPORTER_OTLP_${signal}_${what}`,
    `OTEL_EXPORTER_OTLP_${what}`,
  ];
  const url = urlOf(said, signal);
  if (url === undefined) return undefined;
  const protocol = said.either(name('PROTOCOL'), ['http/protobuf', 'http/json'], 'is not spoken: http/protobuf is');
  const headers = new Map(
    name('HEADERS')
      .toReversed()
      .flatMap((one) => [...said.pairs(one)]),
  );
  return {
    url,
    protocol: protocol ?? 'http/protobuf',
    headers: Object.fromEntries(headers),
    isCompressed: said.either(name('COMPRESSION'), ['gzip', 'none'], 'is not known: nothing is compressed') === 'gzip',
    timeoutMs: said.firstCount(name('TIMEOUT')) ?? 10_000,
    ca: said.first(name('CERTIFICATE')),
  };
}

function urlOf(said: OtelVariables, signal: Signal): URL | undefined {
  const own = said.text(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const variable = own === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`;
  const base = (said.text('OTEL_EXPORTER_OTLP_ENDPOINT') ?? DEFAULT_ENDPOINT).replace(/\/$/, '');
  const text = own ?? `${base}/v1/${signal.toLowerCase()}`;
  const url = parseUrl(text);
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  said.refuse(variable, 'is no http or https address: nothing is sent there');
  return undefined;
}

function tracesOf(said: OtelVariables): TraceSettings | undefined {
  const destination = destinationOf(said, 'TRACES');
  if (destination === undefined) return undefined;
  const maxQueue = said.count('OTEL_BSP_MAX_QUEUE_SIZE') ?? 2048;
  return {
    ...destination,
    sampler: samplerOf(said),
    maxQueue,
    maxBatch: Math.min(said.count('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512, maxQueue),
    delayMs: said.count('OTEL_BSP_SCHEDULE_DELAY') ?? 5_000,
  };
}

function samplerOf(said: OtelVariables): Sampler {
  const name = said.text('OTEL_TRACES_SAMPLER')?.toLowerCase() ?? 'parentbased_always_on';
  const ratio = Number(said.text('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) said.refuse('OTEL_TRACES_SAMPLER_ARG', 'is no number from 0 to 1: 1 is used');
  const sampler = samplerNamed(name, isRatio ? ratio : 1);
  if (sampler !== undefined) return sampler;
  said.refuse('OTEL_TRACES_SAMPLER', 'is not known: parentbased_always_on is used');
  return (_traceId, parent) => parent?.isSampled ?? true;
}

function metricsOf(said: OtelVariables): MetricSettings | undefined {
  const destination = destinationOf(said, 'METRICS');
  if (destination === undefined) return undefined;
  const variable = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
  const preferences = ['cumulative', 'delta', 'lowmemory'] as const;
  const preference = said.either([variable], preferences, 'is not known: cumulative is used');
  return {
    ...destination,
    intervalMs: said.count('OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000,
    temporality: preference === undefined || preference === 'cumulative' ? 'cumulative' : 'delta',
  };
}
