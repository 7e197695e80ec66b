/** A collector: takes spans and metrics over OTLP, and tells what came. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ReadPoint, type ReadSpan, readPoints, readSpans } from '../../src/observe/otel/otlp-reader.ts';
import { until } from './process.ts';

export interface Collector {
  readonly url: string;
  readonly spans: readonly ReadSpan[];
  readonly points: readonly ReadPoint[];
  /** The headers of each request. */
  readonly headers: readonly http.IncomingHttpHeaders[];
  /** The variables that send everything here, soon. */
  readonly env: Readonly<Record<string, string>>;
  /** Waits until there are such spans, and gives them in the order in which they began. */
  find(what: string, isIt: (span: ReadSpan) => boolean, count?: number): Promise<ReadSpan[]>;
}

const servers: http.Server[] = [];
/** Ends those that there are. */
export function endCollectors(): void {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.length = 0;
}

/** @param answer the status of each answer; undefined for none at all */
export async function startCollector(answer: () => number | undefined = () => 200): Promise<Collector> {
  const spans: ReadSpan[] = [];
  const points: ReadPoint[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers);
      const body = Buffer.concat(chunks);
      if (request.url === '/v1/traces') spans.push(...readSpans(body, request.headers));
      else if (request.url === '/v1/metrics') points.push(...readPoints(body, request.headers));
      const status = answer();
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    spans,
    points,
    headers,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '10' },
    async find(what, isIt, count = 1) {
      await until(() => spans.filter(isIt).length >= count, `${count} spans: ${what}`);
      return spans.filter(isIt).sort((one, other) => one.startMs - other.startMs);
    },
  };
}
