/** One trace from a client over the gateway to a server, both made with the official SDKs of MCP and OpenTelemetry. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { CompositePropagator, TraceState, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { serveHttp } from '../support/gateway.ts';
import { servers, TOKEN, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';

it('client, gateway and server are in one trace, each the parent of the next', async () => {
  const collector = await startCollector();
  const gateway = await serveHttp({
    servers: servers({ traced: fixture('traced-sdk', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }) }),
    rules: withPrincipals({ dev: { allow: { servers: ['*'] } } }),
    env: { ...collector.env, GATEWAY_DEFAULT_AGENT: 'dev' },
  });
  const provider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }) }),
    ],
  });
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  const client = new Client({ name: 'traced-client', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(gateway.url), {
    requestInit: { headers: { Authorization: `Bearer ${TOKEN}` } },
  });
  await client.connect(transport);

  const span = provider.getTracer('client').startSpan('tools/call execute_tool', { kind: SpanKind.CLIENT });
  Object.assign(span.spanContext(), { traceState: new TraceState('vendor=x') });
  const around = propagation.setBaggage(
    trace.setSpan(ROOT_CONTEXT, span),
    propagation.createBaggage({ userId: { value: 'alice' } }),
  );
  const meta: Record<string, string> = {};
  propagator.inject(around, meta, { set: (carrier, key, value) => Object.assign(carrier, { [key]: value }) });
  const result = await client.callTool({
    name: 'execute_tool',
    arguments: { server: 'traced', tool: 'where' },
    _meta: meta,
  });
  span.end();
  await provider.forceFlush();

  const { traceId } = span.spanContext();
  const [block] = result.content as { text: string }[];
  expect(JSON.parse(block?.text ?? '')).toEqual({ traceId, baggage: 'alice', state: 'vendor=x' });
  const found = await collector.find('of the trace', (one) => one.traceId === traceId, 4);
  const kinds = found.map(({ name, kind }) => `${name} ${kind}`);
  expect(kinds).toEqual([
    'tools/call execute_tool 3',
    'tools/call execute_tool 2',
    'tools/call where 3',
    'tools/call where 2',
  ]);
  expect(found.map(({ parentSpanId }) => parentSpanId)).toEqual([
    '',
    ...found.slice(0, -1).map(({ spanId }) => spanId),
  ]);
  expect(found.slice(1, 3).map(({ resource }) => resource['service.name'])).toEqual(
    Array.from({ length: 2 }, () => 'agent-mcp-gateway'),
  );
  await client.close();
  await gateway.stop();
});
