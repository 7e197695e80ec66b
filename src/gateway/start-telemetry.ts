/** Starts what sends spans and metrics to a collector. */
import type { McpHandler } from '../mcp/handler.ts';
import { traced } from '../mcp/traced-handler.ts';
import { OpenTelemetry } from '../observe/otel/open-telemetry.ts';
import { readOtelSettings } from '../observe/otel/otel-settings.ts';
import { SERVER_INFO, VERSION } from '../shared/version.ts';
import { openPostLine } from '../upstream/channel/post-line.ts';
import type { Foundation } from './foundation.ts';
import type { Telemetry } from './telemetry.ts';

/** Milliseconds for what came after the last flush. */
const LAST_MS = 300;

/** @returns undefined where nothing is to be sent */
export function startTelemetry(
  { settings: { transport }, redactor, log, gatewayId }: Foundation,
  env: NodeJS.ProcessEnv,
): Telemetry | undefined {
  const { name: scope } = SERVER_INFO;
  const settings = readOtelSettings(
    env,
    new Map([
      ['service.name', scope],
      ['service.version', VERSION],
      ['service.instance.id', gatewayId],
      ['telemetry.sdk.name', scope],
      ['telemetry.sdk.language', 'nodejs'],
      ['telemetry.sdk.version', VERSION],
    ]),
  );
  const { traces, metrics, problems } = settings;
  for (const problem of problems) log.warn({ reason: problem }, 'a variable of OpenTelemetry is not used as it says');
  const places = [traces, metrics].filter((place) => place !== undefined);
  if (places.length === 0) return undefined;
  redactor.add(
    places.flatMap(({ url, headers }) => [url.password, ...secretsOf(headers)]).filter((text) => text !== ''),
  );
  log.info(
    { traces: traces?.url.origin, metrics: metrics?.url.origin },
    'spans and metrics are sent as OTEL_* variables say',
  );
  return new SentTelemetry({
    settings,
    scope,
    version: VERSION,
    transport,
    open: openPostLine,
    log,
    redact: redactor.redact,
    secretsVersion: () => redactor.version(),
  });
}

class SentTelemetry extends OpenTelemetry implements Telemetry {
  traced(handler: McpHandler): McpHandler {
    return traced(handler, this);
  }

  override async close(): Promise<void> {
    await this.flush(LAST_MS);
    await super.close();
  }
}

/** Values of headers, and what stands in them after the name of a scheme: `Bearer ...`. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]);
}
