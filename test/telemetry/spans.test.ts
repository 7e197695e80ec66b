/** Spans and metrics by the conventions for MCP, over both transports, in both eras and all views. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/collector.ts';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, makeHome, servers, withPrincipals } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { CORNERS, open } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool } from '../support/tools.ts';
import { VIEWS, viewRules } from '../support/views.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: 'a=b' };
const setupOf = ({ env }: Collector, more: Record<string, string> = {}) => ({
  servers: servers({ echo: fixture('echo') }),
  rules: withPrincipals({ dev: { allow: { servers: ['*'] }, deny: { tools: { echo: ['secret_*'] } } } }),
  env: { ...env, GATEWAY_DEFAULT_AGENT: 'dev', ...more },
});
const execute = (rpc: Rpc, tool: string, meta?: object) =>
  callTool(rpc, 'execute_tool', { server: 'echo', tool, args: { a: 'hush-hush' } }, { meta: { ...meta } });

for (const kind of CORNERS) {
  it(`a call over ${kind.transport} in ${kind.revision} is one span in and one out, and two histograms`, async () => {
    const protocol = kind.transport === 'stdio' ? 'http/json' : 'http/protobuf';
    const collector = await startCollector();
    const gateway = await open(kind, setupOf(collector, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }));
    await execute(gateway.rpc, 'echo', PARENT);
    await execute(gateway.rpc, 'secret_1', PARENT);
    const [server, client, denied] = await collector.find('of the trace', ({ traceId }) => traceId === TRACE, 3);
    expect(server).toMatchObject({ name: 'tools/call execute_tool', kind: 2, parentSpanId: 'b7ad6b7169203331' });
    expect(client).toMatchObject({ name: 'tools/call echo', kind: 3, parentSpanId: server?.spanId, traceState: 'a=b' });
    const record = auditRecords(gateway.home).findLast(({ tool }) => tool === 'echo');
    const isHttp = kind.transport === 'http';
    expect(server?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'execute_tool',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': kind.revision,
      'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
      'network.transport': isHttp ? 'tcp' : 'pipe',
      ...(isHttp ? { 'network.protocol.name': 'http', 'network.protocol.version': '1.1' } : {}),
      ...(isHttp && kind.revision !== MODERN ? { 'mcp.session.id': expect.any(String) } : {}),
      'agent_mcp_gateway.queue.duration': expect.any(Number),
      'agent_mcp_gateway.request.id': record?.['request_id'],
      'agent_mcp_gateway.decision': 'ALLOW',
      'agent_mcp_gateway.agent': 'dev',
      'agent_mcp_gateway.server': 'echo',
      'agent_mcp_gateway.target': 'echo',
      'agent_mcp_gateway.rule': record?.['rule'],
    });
    expect(client?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2025-11-25',
      'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
      'network.transport': 'pipe',
      'agent_mcp_gateway.server': 'echo',
    });
    expect(denied).toMatchObject({ name: 'tools/call execute_tool', kind: 2, status: 2 });
    expect(denied?.attributes).toMatchObject({
      'error.type': 'tool_error',
      'agent_mcp_gateway.decision': 'DENY',
      'agent_mcp_gateway.error.code': 'DENIED_BY_POLICY',
    });
    await gateway.stop();
    const names = ['mcp.server.operation.duration', 'mcp.client.operation.duration'];
    for (const name of names) {
      const point = collector.points.findLast(
        ({ metric, attributes }) =>
          metric === name && attributes['mcp.method.name'] === 'tools/call' && !('error.type' in attributes),
      );
      expect(point, name).toMatchObject({ unit: 's', count: 1, temporality: 2 });
    }
    expect(collector.points.map(({ metric }) => metric)).toContain('mcp.client.session.duration');
    // What a call is about is nobody else's.
    expect(JSON.stringify([collector.spans, collector.points])).not.toContain('hush-hush');
  });
}

it('each view has the name that its client called', async () => {
  const collector = await startCollector();
  const gateway = await serveHttp({ ...setupOf(collector), rules: viewRules() });
  const names: string[] = [];
  for (const view of VIEWS) {
    const rpc = await openHttp(new URL(view.path('echo'), gateway.origin).href, MODERN, { token: view.token });
    const params = view.call('echo', 'echo', { a: 1 });
    names.push(`tools/call ${params['name']}`);
    await rpc.call('tools/call', params);
    await rpc.call('tools/list');
    await rpc.close();
  }
  const calls = await collector.find('calls', ({ kind, name }) => kind === 2 && name.startsWith('tools/call'), 3);
  expect(calls.map(({ name }) => name)).toEqual(names);
  expect(await collector.find('lists', ({ kind, name }) => kind === 2 && name === 'tools/list', 3)).toHaveLength(3);
  await gateway.stop();
});

it('a call that goes to another worker is one trace', async () => {
  const collector = await startCollector();
  const gateway = await serveHttp({ ...setupOf(collector), args: ['--workers', '2', '--init-strategy', 'lazy'] });
  for (let at = 0; at < 4; at++) {
    const rpc = await gateway.open(MODERN);
    await execute(rpc, 'echo');
    await rpc.close();
  }
  const received = await collector.find('received', ({ kind, name }) => kind === 2 && name.startsWith('tools/call'), 4);
  const sent = await collector.find('sent', ({ kind, name }) => kind === 3 && name === 'tools/call echo', 4);
  expect(new Set(received.map(({ resource }) => resource['service.instance.id'])).size).toBe(2);
  expect(new Set(sent.map(({ resource }) => resource['service.instance.id'])).size).toBe(1);
  expect(sent.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(received.map(({ spanId }) => spanId).sort());
  await gateway.stop();
});

it('what is on its way is sent when the client goes away, or the gateway is told to stop', async () => {
  for (const transport of ['stdio', 'http'] as const) {
    const collector = await startCollector();
    const slow = { OTEL_BSP_SCHEDULE_DELAY: '600000' };
    const gateway = await open({ transport, revision: MODERN }, setupOf(collector, slow));
    await execute(gateway.rpc, 'echo');
    expect(collector.spans).toEqual([]);
    await gateway.stop();
    expect(collector.spans.map(({ name }) => name)).toContain('tools/call execute_tool');
    expect(collector.points.length).toBeGreaterThan(0);
  }
});

it('a collector that is not there, or says nothing, costs one line of the log and no call', async () => {
  const silent = await startCollector(() => undefined);
  for (const url of ['http://127.0.0.1:1', silent.url]) {
    const gateway = await serveStdio(
      setupOf(silent, {
        OTEL_EXPORTER_OTLP_ENDPOINT: url.replace('//', '//user:pass-word-1@'),
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hidden-token',
        OTEL_EXPORTER_OTLP_TIMEOUT: '200',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
      }),
    );
    for (let at = 0; at < 20; at++) expect((await execute(gateway.rpc, 'echo')).isError).not.toBe(true);
    const { running } = gateway;
    await running.waitForStderr(/collector does not take what is sent/);
    const before = performance.now();
    await gateway.stop();
    expect(performance.now() - before).toBeLessThan(9000);
    expect(running.stderr().match(/collector does not take/g)).toHaveLength(1);
    expect(running.stderr()).not.toMatch(/pass-word-1|hidden-token/);
  }
  expect(silent.headers[0]?.authorization).toBe('Bearer hidden-token');
});

it('nothing of it is loaded, and nothing changed for servers, unless a variable asks for it', async () => {
  const home = makeHome({ ...setupOf(await startCollector()), servers: servers({ echo: fixture('echo') }) });
  const loaded = path.join(home.dir, 'loaded');
  const hook = path.join(home.dir, 'hook.cjs');
  writeFileSync(
    hook,
    `const M = require('module'); const load = M._extensions['.js'];
M._extensions['.js'] = (m, file) => { require('fs').appendFileSync(${JSON.stringify(loaded)}, file + '\\n'); load(m, file); };`,
  );
  for (const [env, isAsked] of [
    [{ OTEL_SERVICE_NAME: 'x', OTEL_PROPAGATORS: 'tracecontext' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, true],
  ] as const) {
    writeFileSync(loaded, '');
    const gateway = await serveStdio({
      home,
      env: { ...env, GATEWAY_DEFAULT_AGENT: 'dev', NODE_OPTIONS: `--require=${hook}` },
    });
    const result = await execute(gateway.rpc, 'echo');
    expect(result['_meta']).toMatchObject({ seen: isAsked ? ['traceparent', 'progressToken'] : ['progressToken'] });
    gateway.running.child.stdin?.end();
    await gateway.running.stop(null);
    expect(readFileSync(loaded, 'utf8').includes('start-telemetry')).toBe(isAsked);
  }
  home.remove();
});
