/** Spans and metrics for others (OpenTelemetry): nothing of it is loaded unless `OTEL_*` variables ask for it. */
import process from 'node:process';
import type { McpHandler } from '../mcp/handler.ts';
import type { Tracer } from '../observe/tracing.ts';
import type { Foundation } from './foundation.ts';

export interface Telemetry extends Tracer {
  /** The same handler, with a span for each request. */
  traced(handler: McpHandler): McpHandler;
  /** Sends what there is, and takes no longer than this. @param ms milliseconds */
  flush(ms: number): Promise<void>;
  /** Sends what came since, as far as that is quick. */
  close(): Promise<void>;
}

/** Variables that say where spans or metrics go, or that they go somewhere. */
const ASKING = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_TRACES_EXPORTER',
  'OTEL_METRICS_EXPORTER',
];

/** @param isLasting false for commands that end soon */
export async function openTelemetry(foundation: Foundation, isLasting: boolean): Promise<Telemetry | undefined> {
  const { env } = process;
  if (!isLasting || ASKING.every((name) => !env[name])) return undefined;
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return undefined;
  const { startTelemetry } = await import('./start-telemetry.ts');
  return startTelemetry(foundation, env);
}
