import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../log.ts';
import type { CallEnd, RecordedFacts, RequestFacts, SentFacts } from '../tracing.ts';
import type { PostAnswer } from './exporter.ts';
import { OpenTelemetry } from './open-telemetry.ts';
import { readOtelSettings } from './otel-settings.ts';
import { type ReadPoint, type ReadSpan, readPoints, readSpans } from './otlp-reader.ts';

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

/** The requests that arrive at a collector. */
function collecting(env: Record<string, string> = {}, answer: () => Promise<PostAnswer> = taken) {
  const spans: ReadSpan[] = [];
  const points: ReadPoint[] = [];
  const said: string[] = [];
  const secrets = { version: 1, redact: (text: string): string => text.replaceAll('hunter2hunter2', '[redacted]') };
  const settings = readOtelSettings(
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318', ...env },
    new Map([['service.name', 'gateway']]),
  );
  const telemetry = new OpenTelemetry({
    settings,
    scope: 'gateway',
    version: '1',
    transport: 'http',
    open: async (url) => ({
      async post(headers, body) {
        if (url.pathname.endsWith('/traces')) spans.push(...readSpans(body, headers));
        else points.push(...readPoints(body, headers));
        return answer();
      },
      close: () => undefined,
    }),
    log: { info: saying(said), warn: saying(said) },
    redact: (text) => secrets.redact(text),
    secretsVersion: () => secrets.version,
  });
  return { telemetry, spans, points, said, secrets };
}

function saying(said: string[]): Logger['warn'] {
  return (first: string | object, message?: string): void => {
    said.push(message ?? String(first));
  };
}

async function taken(): Promise<PostAnswer> {
  return { status: 200, retryAfter: undefined };
}

function requestOf(more: Partial<RequestFacts> = {}): RequestFacts {
  return {
    method: 'tools/call',
    id: '7',
    revision: '2026-07-28',
    session: undefined,
    target: 'execute_tool',
    args: '{"server":"files"}',
    parent: undefined,
    carrier: undefined,
    ...more,
  };
}

function sentOf(more: Partial<SentFacts> = {}): SentFacts {
  const params = '"name":"read","arguments":{}';
  return { method: 'tools/call', id: 3, params, revision: '2025-11-25', parent: undefined, ...more };
}

const DONE: CallEnd = { isError: false, result: '{"content":[]}', queuedMs: undefined };
const RECORD: RecordedFacts = {
  decision: 'ALLOW',
  request_id: 'g-1',
  agent_id: 'dev',
  server: 'files',
  tool: 'read',
  rule: 'agents.dev.allow.servers[0]',
  error_code: null,
};

describe.each(PROTOCOLS)('over %s', (protocol) => {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol };

  it('a call is a span of the server with one of the client in it, by the conventions', async () => {
    const { telemetry, spans, points } = collecting(env);
    const span = telemetry.request(requestOf({ parent: { traceparent: PARENT, tracestate: 'a=b' } }));
    const link = telemetry.connection('files', 'https://mcp.example/mcp');
    const sent = link.begin(sentOf({ parent: span.trace }));
    expect(sent.trace?.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(sent.trace?.tracestate).toBe('a=b');
    sent.answered(undefined, false);
    span.concluded(RECORD, { ...DONE, queuedMs: 250 });
    span.end(undefined);
    await telemetry.flush(1000);
    const [client, server] = spans;
    expect(server).toMatchObject({
      name: 'tools/call execute_tool',
      kind: 2,
      traceId: TRACE,
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'a=b',
      flags: 0x301,
      status: 0,
      resource: { 'service.name': 'gateway' },
    });
    expect(server?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'execute_tool',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2026-07-28',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'jsonrpc.request.id': '7',
      'agent_mcp_gateway.queue.duration': 0.25,
      'agent_mcp_gateway.request.id': 'g-1',
      'agent_mcp_gateway.decision': 'ALLOW',
      'agent_mcp_gateway.agent': 'dev',
      'agent_mcp_gateway.server': 'files',
      'agent_mcp_gateway.target': 'read',
      'agent_mcp_gateway.rule': 'agents.dev.allow.servers[0]',
    });
    expect(client).toMatchObject({
      name: 'tools/call read',
      kind: 3,
      traceId: TRACE,
      parentSpanId: server?.spanId,
      flags: 0x101,
    });
    expect(client?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'read',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'server.address': 'mcp.example',
      'server.port': 443,
      'agent_mcp_gateway.server': 'files',
      'jsonrpc.request.id': '3',
    });
    for (const { startMs, endMs } of spans)
      expect(Math.abs(startMs - Date.now()) + (endMs - startMs)).toBeLessThan(60_000);
    expect(points.map(({ metric, unit, count, temporality }) => [metric, unit, count, temporality])).toEqual([
      ['mcp.client.operation.duration', 's', 1, 2],
      ['mcp.server.operation.duration', 's', 1, 2],
    ]);
    expect(points[0]?.bounds).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]);
    expect(points[0]?.buckets).toHaveLength(15);
    expect(points[1]?.attributes).not.toHaveProperty('jsonrpc.request.id');
  });

  it('any text and any number of spans arrive as they are', async () => {
    const names = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(names, async (targets) => {
        const { telemetry, spans } = collecting({ ...env, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' });
        for (const target of targets)
          telemetry.request(requestOf({ target, id: JSON.stringify(target) })).end(undefined);
        await telemetry.flush(1000);
        expect(spans.map(({ attributes }) => attributes['gen_ai.tool.name'])).toEqual(targets);
        expect(spans.map(({ attributes }) => attributes['jsonrpc.request.id'])).toEqual(targets);
      }),
      { numRuns: 30 },
    );
  });

  it('has arguments and results only where somebody asked for them, without secrets and not at any length', async () => {
    const args = JSON.stringify({ password: 'hunter2hunter2', text: 'x'.repeat(20_000) });
    for (const asked of [undefined, 'true', 'SPAN_ONLY', 'NO_CONTENT']) {
      const { telemetry, spans } = collecting({
        ...env,
        ...(asked === undefined ? {} : { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: asked }),
      });
      const span = telemetry.request(requestOf({ args }));
      span.concluded(RECORD, { ...DONE, result: '{"content":[{"type":"text","text":"hunter2hunter2"}]}' });
      span.end(undefined);
      await telemetry.flush(1000);
      const attributes = spans[0]?.attributes ?? {};
      const isAsked = asked === 'true' || asked === 'SPAN_ONLY';
      expect('gen_ai.tool.call.arguments' in attributes).toBe(isAsked);
      expect('gen_ai.tool.call.result' in attributes).toBe(isAsked);
      expect(JSON.stringify(attributes)).not.toContain('hunter2');
      expect(String(attributes['gen_ai.tool.call.arguments'] ?? '').length).toBeLessThanOrEqual(8192);
    }
  });
});

it('errors have the class that the conventions want', async () => {
  const { telemetry, spans, points } = collecting();
  const failing = telemetry.request(requestOf());
  failing.concluded({ ...RECORD, decision: 'DENY', error_code: 'DENIED_BY_POLICY' }, { ...DONE, isError: true });
  failing.end(undefined);
  telemetry.request(requestOf({ method: 'prompts/get', target: 'made-up' })).end(-32602);
  const link = telemetry.connection('files', undefined);
  link.begin(sentOf()).answered(undefined, true);
  link.begin(sentOf({ method: 'resources/read', params: '"uri":"file:///a"' })).failed('TIMEOUT');
  link.begin(sentOf()).failed(undefined);
  await telemetry.flush(1000);
  const seen = spans.map(({ name, status, attributes }) => [
    name,
    status,
    attributes['error.type'],
    attributes['rpc.response.status_code'],
  ]);
  expect(seen).toEqual([
    ['tools/call execute_tool', 2, 'tool_error', undefined],
    ['prompts/get made-up', 2, '-32602', '-32602'],
    ['tools/call read', 2, 'tool_error', undefined],
    ['resources/read', 2, 'TIMEOUT', undefined],
    ['tools/call read', 2, 'CANCELLED', undefined],
  ]);
  expect(spans[0]?.attributes['agent_mcp_gateway.error.code']).toBe('DENIED_BY_POLICY');
  expect(spans[3]?.attributes['mcp.resource.uri']).toBe('file:///a');
  expect(spans[3]?.attributes).not.toHaveProperty('server.address');
  expect(spans[3]?.attributes['network.transport']).toBe('pipe');
  const ofServer = points.filter(({ metric }) => metric === 'mcp.server.operation.duration');
  // Names that may not exist are in no metric: anybody can make names up.
  for (const { attributes } of ofServer) expect(Object.values(attributes)).not.toContain('made-up');
});

it('metrics stay small whatever callers ask for', async () => {
  const { telemetry, points } = collecting({ OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'otlp' });
  for (let at = 0; at < 2500; at++) {
    telemetry.request(requestOf({ method: `x/${at}` })).end(-32601);
    const span = telemetry.request(requestOf({ target: `tool-${at}` }));
    span.concluded(RECORD, DONE);
    span.end(undefined);
  }
  await telemetry.flush(1000);
  const counts = points.reduce((sum, { count }) => sum + count, 0);
  expect(counts).toBe(5000);
  expect(points.length).toBeLessThanOrEqual(2001);
  expect(points.filter(({ attributes }) => attributes['otel.metric.overflow'] === true)).toHaveLength(1);
  expect(points.filter(({ attributes }) => attributes['mcp.method.name'] === '_OTHER')).toHaveLength(1);
});

it('sessions of clients and connections to servers are measured when they end', async () => {
  const { telemetry, points } = collecting({ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' });
  const end = telemetry.session('2025-11-25');
  const link = telemetry.connection('files', 'http://127.0.0.1:9/mcp');
  telemetry.connection('never', undefined).over(undefined);
  await telemetry.flush(1000);
  expect(points).toEqual([]);
  end();
  link.over('2026-07-28');
  await telemetry.flush(1000);
  expect(points.map(({ metric, attributes }) => [metric, attributes['mcp.protocol.version']])).toEqual([
    ['mcp.server.session.duration', '2025-11-25'],
    ['mcp.client.session.duration', '2026-07-28'],
  ]);
  expect(points.map(({ temporality }) => temporality)).toEqual([1, 1]);
  await telemetry.flush(1000);
  expect(points).toHaveLength(2);
});

it('a span that is not sampled is passed on, and not sent', async () => {
  const { telemetry, spans, points } = collecting();
  const span = telemetry.request(requestOf({ parent: { traceparent: PARENT.replace(/1$/, '0'), tracestate: '' } }));
  expect(span.trace?.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  span.end(undefined);
  await telemetry.flush(1000);
  expect(spans).toEqual([]);
  expect(points).toHaveLength(1);
});

it('the context of the HTTP request is the parent where the message has none, and a link where it has', async () => {
  const { telemetry, spans } = collecting();
  const carrier = { traceparent: '00-11111111111111111111111111111111-2222222222222222-01', tracestate: '' };
  telemetry.request(requestOf({ carrier })).end(undefined);
  telemetry.request(requestOf({ carrier, parent: { traceparent: PARENT, tracestate: '' } })).end(undefined);
  telemetry.request(requestOf({ carrier, parent: { traceparent: 'nonsense', tracestate: '' } })).end(undefined);
  await telemetry.flush(1000);
  expect(spans.map(({ traceId, links }) => [traceId.slice(0, 4), links.map(({ spanId }) => spanId)])).toEqual([
    ['1111', []],
    ['0af7', ['2222222222222222']],
    ['1111', []],
  ]);
});

it('without propagators nothing is taken over and nothing passed on', async () => {
  const { telemetry, spans } = collecting({ OTEL_PROPAGATORS: 'none' });
  const span = telemetry.request(requestOf({ parent: { traceparent: PARENT, tracestate: '' } }));
  expect(span.trace).toBeUndefined();
  span.end(undefined);
  await telemetry.flush(1000);
  expect(spans[0]?.traceId).not.toBe(TRACE);
});

it('what becomes secret later is taken out of what is remembered', async () => {
  const { telemetry, spans, secrets } = collecting();
  const call = () => telemetry.request(requestOf({ target: 'new-secret' })).end(undefined);
  call();
  secrets.redact = (text) => text.replaceAll('new-secret', '[redacted]');
  secrets.version++;
  call();
  await telemetry.flush(1000);
  expect(spans.map(({ name }) => name)).toEqual(['tools/call new-secret', 'tools/call [redacted]']);
});

describe('a collector that does not work', () => {
  it('costs spans and one line of the log, and no more', async () => {
    const { telemetry, said } = collecting({ OTEL_BSP_MAX_QUEUE_SIZE: '100' }, () =>
      Promise.reject(new Error('ECONNREFUSED')),
    );
    for (const count of [1, 5000]) {
      for (let at = 0; at < count; at++) telemetry.request(requestOf()).end(undefined);
      await telemetry.flush(100);
    }
    expect(said).toEqual(['the OpenTelemetry collector does not take what is sent: it is dropped']);
  });

  it('does not keep a stop waiting', async () => {
    const { telemetry } = collecting({}, () => new Promise(() => undefined));
    telemetry.request(requestOf()).end(undefined);
    const before = performance.now();
    await telemetry.flush(50);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('is told of once more when it works again', async () => {
    let isUp = false;
    const { telemetry, said, spans } = collecting({ OTEL_METRICS_EXPORTER: 'none' }, async () => ({
      status: isUp ? 200 : 400,
      retryAfter: undefined,
    }));
    for (let at = 0; at < 3; at++) {
      isUp = at === 2;
      telemetry.request(requestOf()).end(undefined);
      await telemetry.flush(1000);
    }
    expect(said).toHaveLength(2);
    expect(spans).toHaveLength(3);
  });
});
