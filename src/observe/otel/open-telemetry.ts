/** Spans and metrics for others: what `OTEL_*` variables ask for. Loaded only where they ask for something. */
import { parseUrl } from '../../shared/parse-url.ts';
import { within } from '../../shared/wait-for.ts';
import type { Logger } from '../log.ts';
import type { ConnectionSpans, RequestFacts, RequestSpan, SentFacts, SentSpan, Tracer } from '../tracing.ts';
import { DurationHistograms, type HistogramName } from './duration-histograms.ts';
import type { Attributes, Encoding, Source } from './encoding.ts';
import { CollectorNews, Exporter, type OpenPostLine } from './exporter.ts';
import { jsonEncoding } from './json-encoding.ts';
import { OperationKinds, type Side, sideOf } from './operation-kinds.ts';
import type { Destination, MetricSettings, OtelSettings, TraceSettings } from './otel-settings.ts';
import { PeriodicMetrics } from './periodic-metrics.ts';
import { protobufEncoding } from './protobuf-encoding.ts';
import { Recorder } from './recorder.ts';
import { SpanQueue } from './span-queue.ts';
import { ReceivedRequest, SentRequest } from './spans.ts';

interface OpenTelemetryOptions {
  readonly settings: OtelSettings;
  /** Name and version of the program. */
  readonly scope: string;
  readonly version: string;
  /** The transport over which clients reach it. */
  readonly transport: 'stdio' | 'http';
  readonly open: OpenPostLine;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly redact: (text: string) => string;
  /** Grows with each change of what is secret. */
  readonly secretsVersion: () => number;
}

export class OpenTelemetry implements Tracer {
  readonly #options: OpenTelemetryOptions;
  readonly #news: CollectorNews;
  readonly #exporters: Exporter[] = [];
  readonly #kinds: OperationKinds;
  readonly #recorder: Recorder;
  readonly #clients: Side;
  readonly #queue: SpanQueue | undefined;
  readonly #metrics: PeriodicMetrics | undefined;

  constructor(options: OpenTelemetryOptions) {
    const { settings, transport, redact, secretsVersion } = options;
    const { traces, metrics } = settings;
    const metricEncoding = encodingOf(metrics);
    const histograms = new DurationHistograms(metricEncoding.attributes([['otel.metric.overflow', true]]));
    this.#options = options;
    this.#news = new CollectorNews(options.log);
    this.#kinds = new OperationKinds({
      spanEncoding: encodingOf(traces),
      metricEncoding,
      histograms,
      redact,
      secretsVersion,
    });
    this.#queue = traces && this.#openQueue(traces);
    this.#recorder = new Recorder({
      ...settings,
      kinds: this.#kinds,
      traces: traces && this.#queue && { sampler: traces.sampler, queue: this.#queue },
      measures: metrics !== undefined,
      redact,
    });
    this.#clients = sideOf('mcp.server.operation.duration', networkOf(transport === 'http'));
    this.#metrics = metrics && this.#openMetrics(metrics, histograms);
  }

  request(facts: RequestFacts): RequestSpan {
    return new ReceivedRequest(this.#recorder, this.#clients, facts);
  }

  session(revision: string): () => void {
    const end = this.#timed('mcp.server.session.duration', this.#clients.common);
    return () => end(revision);
  }

  connection(server: string, url: string | undefined): ConnectionSpans {
    const common: Attributes = [
      ...networkOf(url !== undefined),
      ...addressOf(url),
      ['agent_mcp_gateway.server', server],
    ];
    const side = sideOf('mcp.client.operation.duration', common);
    return {
      begin: (sent: SentFacts): SentSpan => new SentRequest(this.#recorder, side, sent),
      over: this.#timed('mcp.client.session.duration', common),
    };
  }

  /** Sends what there is, and takes no longer than this. Can be done again. */
  async flush(ms: number): Promise<void> {
    for (const exporter of this.#exporters) exporter.hurry(ms);
    await within(Promise.all([this.#queue?.flush(), this.#metrics?.send()]), ms);
  }

  close(): void {
    this.#metrics?.stop();
    for (const exporter of this.#exporters) exporter.close();
  }

  /** Takes the time from now on. @returns ends it; nothing is recorded where no revision was agreed */
  #timed(histogram: HistogramName, common: Side['common']): (revision: string | undefined) => void {
    const startedAt = performance.now();
    return (revision) => {
      if (revision === undefined) return;
      this.#recorder.measure(this.#kinds.ofSession({ histogram, common }, revision), performance.now() - startedAt);
    };
  }

  #openQueue(traces: TraceSettings): SpanQueue {
    const encoding = encodingOf(traces);
    const exporter = this.#openExporter(traces, encoding);
    return new SpanQueue({ settings: traces, exporter, encoding, source: this.#source(), news: this.#news });
  }

  #openMetrics(settings: MetricSettings, histograms: DurationHistograms): PeriodicMetrics {
    const encoding = encodingOf(settings);
    const exporter = this.#openExporter(settings, encoding);
    return new PeriodicMetrics({ settings, histograms, exporter, encoding, source: this.#source() });
  }

  #openExporter(destination: Destination, encoding: Encoding): Exporter {
    const exporter = new Exporter(destination, encoding.contentType, this.#options.open, this.#news);
    this.#exporters.push(exporter);
    return exporter;
  }

  #source(): Source {
    const { settings, scope, version } = this.#options;
    return { resource: settings.resource, scope, version };
  }
}

function encodingOf(destination: Destination | undefined): Encoding {
  return destination?.protocol === 'http/json' ? jsonEncoding : protobufEncoding;
}

/** Attributes of the transport of messages (docs/gen-ai/mcp.md, Recording MCP transport). */
function networkOf(isHttp: boolean): Attributes {
  if (!isHttp) return [['network.transport', 'pipe']];
  return [
    ['network.transport', 'tcp'],
    ['network.protocol.name', 'http'],
    ['network.protocol.version', '1.1'],
  ];
}

function addressOf(text: string | undefined): Attributes {
  const url = text === undefined ? undefined : parseUrl(text);
  if (url === undefined) return [];
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return [
    ['server.address', url.hostname.replace(/^\[|\]$/g, '')],
    ['server.port', { count: port }],
  ];
}
