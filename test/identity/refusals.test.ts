/** Whatever is refused counts against limits and leaves a trace, and nobody can fill the audit log with it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import {
  auditRecords,
  countOf,
  fileText,
  type Home,
  linesOf,
  makeHome,
  servers,
  sha256,
  TOKEN,
} from '../support/home.ts';
import { httpHeaders, openHttp, request } from '../support/http.ts';
import { CORNERS, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, errorOf, execute } from '../support/tools.ts';

const SERVERS = servers({ calc: fixture('calc') });
const AGENTS = { a: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['fail'] } } } };
const both = (more: object) => ({ tester: { token_sha256: sha256(TOKEN), ...more }, local: { stdio: true, ...more } });
const limited = (limits: object) => ({
  agents: AGENTS,
  principals: both({ may_assume: ['a'], default: 'a', limits }),
});
const LAZY = { GATEWAY_INIT_STRATEGY: 'lazy' };

/** How many refusals the log tells of, one by one and counted. */
function refusalsIn(home: Home): number {
  return countOf(auditRecords(home).filter(({ decision, phase }) => decision !== 'ALLOW' && phase === 'finished'));
}

overMatrix(CORNERS, (kind) => {
  it.each([
    ['denied tools', { server: 'calc', tool: 'fail' }, 'DENIED_BY_POLICY'],
    ['servers that there are not', { server: 'nowhere', tool: 'x' }, 'DENIED_BY_POLICY'],
    ['agents that it may not be', { server: 'calc', tool: 'add', agent_id: 'other' }, 'INVALID_AGENT_ID'],
    ['arguments that do not fit', { server: 7 }, 'INVALID_ARGUMENTS'],
  ])('calls of %s count against limits', async (_what, args, code) => {
    const front = await open(kind, { servers: SERVERS, rules: limited({ calls_per_minute: 3 }) as never, env: LAZY });
    const codes: unknown[] = [];
    for (let n = 0; n < 5; n++) codes.push(errorOf(await callTool(front.rpc, 'execute_tool', args)).code);
    expect(codes).toEqual([code, code, code, 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(refusalsIn(front.home)).toBe(5);
    await front.stop();
  });

  it('unknown tools and methods are recorded, and count', async () => {
    const front = await open(kind, { servers: SERVERS, rules: limited({ calls_per_minute: 3 }) as never, env: LAZY });
    const tool = await front.rpc.start('tools/call', { name: 'delete_all', arguments: {} }).answer;
    expect(JSON.stringify(tool)).toContain('-32602');
    const method = await front.rpc.start('admin/shutdown', {}).answer;
    expect(JSON.stringify(method)).toContain('-32601');
    await front.rpc.start('tasks/unknown', {}).answer;
    const last = await front.rpc.start('admin/shutdown', {}).answer;
    expect(JSON.stringify(last)).toContain('RATE_LIMITED');
    expect(
      auditRecords(front.home).filter(({ phase, decision }) => phase === 'finished' && decision !== 'ALLOW'),
    ).toMatchObject([
      { operation: 'tools/call', tool: 'delete_all', error_code: 'TOOL_NOT_FOUND' },
      { operation: 'unknown_method', error_code: 'METHOD_NOT_FOUND', detail: { method: 'admin/shutdown' } },
      { operation: 'unknown_method', error_code: 'METHOD_NOT_FOUND', detail: { method: 'tasks/unknown' } },
      { operation: 'unknown_method', error_code: 'RATE_LIMITED' },
    ]);
    await front.stop();
  });

  it('a flood of refusals becomes few records that say how many, and none is lost at the end', async () => {
    const front = await open(kind, { servers: SERVERS, rules: limited({}) as never, env: LAZY });
    const long = '\u202e'.repeat(512);
    const args = { server: long, tool: long, args: { [long.repeat(8)]: 1 } };
    for (let n = 0; n < 300; n++) await execute(front.rpc, args);
    await until(() => refusalsIn(front.home) === 300, 'all are counted');
    const { home } = front;
    const lines = auditRecords(home);
    const counted = lines.filter(({ operation }) => operation === 'refusals');
    expect(counted[0]).toMatchObject({
      agent_id: 'a',
      detail: {
        rules: { default_deny: expect.any(Number) as unknown },
        calls: [{ operation: 'execute_tool', agent: 'a' }],
      },
    });
    expect(lines.length).toBeLessThan(60);
    expect(Math.max(...linesOf(home.audit).map((line) => line.length))).toBeLessThan(24 * 1024);
    const verified = await runCli(['audit', 'verify', home.audit], { env: home.env, cwd: home.cwd });
    expect(verified.code).toBe(0);
    await front.stop();
  });
});

const PRINCIPALS = {
  agents: AGENTS,
  principals: { tester: { token_sha256: sha256(TOKEN), may_assume: ['a'], default: 'a', operator: true } },
};

async function http(home: Home): Promise<HttpGateway> {
  return serveHttp({ home, env: LAZY });
}

it('wrong tokens, Hosts and Origins: an exact count in metrics and audit, few records, few lines of the log', async () => {
  const home = makeHome({ servers: SERVERS, rules: PRINCIPALS });
  const gateway = await http(home);
  const headers = { ...httpHeaders(MODERN, 'tools/list') };
  const wrong = (more: Record<string, string | undefined>) =>
    request(gateway.url, { method: 'POST', headers: { ...headers, ...more }, body: '{}' });
  for (let n = 0; n < 40; n++) await wrong({ authorization: n % 2 === 0 ? undefined : `Bearer wrong-${n}` });
  for (let n = 0; n < 7; n++) await wrong({ host: 'evil.example.com' });
  for (let n = 0; n < 5; n++) await wrong({ origin: 'https://evil.example.com' });
  await until(() => refusalsIn(home) === 52, 'all are counted');
  expect(auditRecords(home).length).toBeLessThan(40);
  expect(auditRecords(home)[0]).toMatchObject({
    operation: 'http_request',
    decision: 'DENY',
    detail: { refused_for: 'credential', address: '127.0.0.1' },
  });
  expect(linesOf(home.audit).join()).not.toContain('wrong-');
  const metrics = await request(`${gateway.origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(metrics.body).toContain('refused_requests_total{reason="credential"} 40');
  expect(metrics.body).toContain('refused_requests_total{reason="host"} 7');
  expect(gateway.running.stderr().match(/an HTTP request was refused/g)).toHaveLength(3);
  gateway.running.child.kill('SIGTERM');
  expect((await gateway.running.exited).code).toBe(0);
  home.remove();
});

it('in the single view, only notifications of extensions reach the server, each with a record before', async () => {
  const home = makeHome({ rules: PRINCIPALS });
  const heard = path.join(home.dir, 'heard');
  writeFileSync(home.servers, fileText(servers({ calc: fixture('listener', { HEARD_FILE: heard }) })));
  const gateway = await http(home);
  /** The server is there before it can hear something. */
  const rpc = await openHttp(`${gateway.origin}/mcp/servers/calc`, '2025-11-25', { token: TOKEN });
  await rpc.call('tools/call', { name: 't', arguments: {} });
  const notify = (method: string) => rpc.post(JSON.stringify({ jsonrpc: '2.0', method, params: { path: '/data' } }));
  for (const method of ['notifications/delete_everything', 'tools/call', 'notifications/resources/updated', 'x']) {
    await notify(method);
  }
  await notify('notifications/com.example/hello');
  await until(() => linesOf(heard).includes('notifications/com.example/hello'), 'the extension is heard');
  expect(linesOf(heard).filter((method) => !/initialized|cancelled/.test(method))).toEqual([
    'notifications/com.example/hello',
  ]);
  const records = auditRecords(home).filter(({ operation }) => operation === 'notification');
  expect(records.map(({ decision, error_code }) => [decision, error_code])).toEqual([
    ...Array.from({ length: 4 }, () => ['DENY', 'METHOD_NOT_FOUND']),
    ['ALLOW', null],
  ]);
  gateway.running.child.kill('SIGTERM');
  await gateway.running.exited;
  home.remove();
});
