/** Limits of principals and agents, of what nobody proved, and terms that rules set. */
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { auditRecords, servers, sha256, TOKEN } from '../support/home.ts';
import { httpHeaders, openHttp, request } from '../support/http.ts';
import { type Front, open, overMatrix, REVISIONS } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, requestText } from '../support/rpc.ts';
import { callTool, errorOf, execute, executeText, getTools, listServers } from '../support/tools.ts';

const SERVERS = servers({ echo: fixture('echo'), calc: fixture('calc'), gated: fixture('slow') });
const ALL = { allow: { servers: ['*'] } };
const both = (more: object) => ({ tester: { token_sha256: sha256(TOKEN), ...more }, local: { stdio: true, ...more } });

const KINDS = [
  { transport: 'stdio', revision: MODERN },
  { transport: 'http', revision: '2025-11-25' },
] as const;

overMatrix(KINDS, (kind) => {
  const name = kind.transport === 'http' ? 'tester' : 'local';
  const under = async (rules: object, body: (front: Front) => Promise<void>): Promise<void> => {
    const front = await open(kind, { servers: SERVERS, rules: rules as never, env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
    await body(front);
    await front.stop();
  };

  it('calls per minute of a principal: RATE_LIMITED with the time to wait, and nothing is forwarded', () =>
    under(
      {
        agents: { dev: ALL },
        principals: both({ may_assume: ['*'], default: 'dev', limits: { calls_per_minute: 3 } }),
      },
      async ({ rpc, home }) => {
        for (let at = 0; at < 3; at++) expect(await listServers(rpc)).toHaveLength(3);
        const error = errorOf(await execute(rpc, { server: 'calc', tool: 'label' }));
        expect(error).toMatchObject({ code: 'RATE_LIMITED', message: expect.stringMatching(/try again in \d+ s/) });
        const records = auditRecords(home).filter(({ operation }) => operation === 'execute_tool');
        const rule = `principals.${name}.limits.calls_per_minute`;
        expect(records).toMatchObject([{ phase: 'finished', decision: 'DENY', error_code: 'RATE_LIMITED', rule }]);
      },
    ));

  it('an agent over its limit does not slow another one', () =>
    under(
      {
        agents: { busy: { ...ALL, limits: { calls_per_minute: 1 } }, calm: ALL },
        principals: both({ may_assume: ['*'] }),
      },
      async ({ rpc }) => {
        await listServers(rpc, 'busy');
        expect(errorOf(await callTool(rpc, 'list_servers', { agent_id: 'busy' })).code).toBe('RATE_LIMITED');
        expect(await listServers(rpc, 'calm')).toHaveLength(3);
      },
    ));

  it('bytes per hour count requests and results', () =>
    under(
      {
        agents: { dev: { ...ALL, limits: { bytes_per_hour: 5_000 } } },
        principals: both({ may_assume: ['dev'], default: 'dev' }),
      },
      async ({ rpc }) => {
        const big = 'x'.repeat(4_500);
        expect(await executeText(rpc, { server: 'echo', tool: 'echo', args: { big } })).toContain(big);
        const error = errorOf(await callTool(rpc, 'list_servers'));
        expect(error).toMatchObject({ code: 'RATE_LIMITED', message: expect.stringContaining('5000 bytes per hour') });
      },
    ));

  it('a ceiling bounds every agent of a principal: lists, definitions, calls', () =>
    under(
      {
        agents: { boss: ALL, guest: { allow: { servers: ['calc'], tools: { calc: ['add'] } } } },
        principals: both({ may_assume: ['*'], default: 'boss', ceiling: 'guest' }),
      },
      async ({ rpc, home }) => {
        expect(await listServers(rpc)).toEqual(['calc']);
        const { tools, total_available: total } = await getTools(rpc, { server: 'calc' });
        expect([tools.map((tool) => tool.name), total]).toEqual([['add'], 1]);
        expect(await executeText(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } })).toBe('3');
        for (const [server, tool] of [
          ['calc', 'label'],
          ['echo', 'echo'],
        ] as const) {
          expect(errorOf(await execute(rpc, { server, tool })).code).toBe('DENIED_BY_POLICY');
        }
        expect(auditRecords(home).at(-1)).toMatchObject({ agent_id: 'boss', rule: 'ceiling: default_deny' });
      },
    ));
});

it('calls at a time: one more when one has ended', async () => {
  const rules = {
    agents: { dev: { ...ALL, limits: { concurrent_calls: 2 } } },
    principals: both({ may_assume: ['dev'], default: 'dev' }),
  };
  const front = await open({ transport: 'http', revision: MODERN }, { servers: SERVERS, rules });
  const args = { server: 'gated', tool: 'wait', args: {} };
  const running = [1, 2].map(() => front.rpc.start('tools/call', { name: 'execute_tool', arguments: args }));
  const decided = (): unknown[] => auditRecords(front.home).filter(({ phase }) => phase === 'decided');
  await until(() => decided().length === 2, 'both calls are decided');
  expect(errorOf(await callTool(front.rpc, 'list_servers')).code).toBe('RATE_LIMITED');
  for (const { cancel, answer } of running) {
    cancel();
    await answer.catch(() => undefined);
  }
  const ended = (): unknown[] =>
    auditRecords(front.home).filter(({ phase, operation }) => phase === 'finished' && operation === 'execute_tool');
  await until(() => ended().length === 2, 'both calls have ended');
  expect(await listServers(front.rpc)).toHaveLength(3);
  await front.stop();
});

function post(gateway: HttpGateway, token: string | undefined) {
  return request(gateway.url, {
    method: 'POST',
    headers: {
      ...httpHeaders(MODERN, 'tools/list'),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: requestText(1, 'tools/list', {}, MODERN),
  });
}

it('requests without a good credential are limited per address; good ones from there are not', async () => {
  const rules = { agents: { dev: ALL }, principals: both({ may_assume: ['dev'] }) };
  const gateway = await serveHttp({ servers: SERVERS, rules, env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
  const statuses = new Map<number, number>();
  for (let at = 0; at < 300; at++) {
    const { status, headers } = await post(gateway, at % 2 === 0 ? undefined : `${'x'.repeat(40)}${at}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 429) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
  expect([...statuses.keys()].sort()).toEqual([401, 429]);
  expect(statuses.get(429)).toBeGreaterThan(50);
  expect((await post(gateway, TOKEN)).status).toBe(200);
  expect((await request(`${gateway.origin}/health`)).status).toBe(200);
  // Records of them are few, however many there are.
  expect(auditRecords(gateway.home).length).toBeLessThan(40);
  await gateway.stop();
});

it('an expired token is refused, and one that a reload removed too, with its sessions', async () => {
  const old = 'expired-token-'.padEnd(48, 'o');
  const agents = { dev: ALL };
  const tester = { token_sha256: sha256(TOKEN), may_assume: ['dev'], default: 'dev' };
  const expired = { token_sha256: sha256(old), expires: '2020-01-01T00:00:00Z', may_assume: ['dev'] };
  const rules = { agents, principals: { tester, expired } };
  const gateway = await serveHttp({ servers: SERVERS, rules, env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
  expect((await post(gateway, old)).status).toBe(401);
  const rpc = await openHttp(gateway.url, REVISIONS[1], { token: TOKEN });
  expect(await listServers(rpc)).toHaveLength(3);
  writeFileSync(
    gateway.home.rules,
    JSON.stringify({ agents, principals: { other: { ...tester, token_sha256: sha256(old) } } }),
  );
  await until(async () => (await post(gateway, TOKEN)).status === 401, 'the reload took effect');
  // The new owner of a good token does not get the session of the one before.
  const headers = { ...rpc.headers('tools/list'), authorization: `Bearer ${old}` };
  const stolen = await request(gateway.url, {
    method: 'POST',
    headers,
    body: requestText(2, 'tools/list', {}, '2025-11-25'),
  });
  expect(stolen.status).toBe(404);
  await gateway.stop();
});

it('--no-auth is for loopback addresses only', async () => {
  const rules = { agents: { dev: ALL } };
  await expect(serveHttp({ servers: SERVERS, rules, args: ['--no-auth', '--host', '0.0.0.0'] })).rejects.toThrow(
    '--no-auth is accepted only with a loopback address',
  );
  const gateway = await serveHttp({
    servers: SERVERS,
    rules,
    args: ['--no-auth'],
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
  expect((await post(gateway, undefined)).status).toBe(200);
  expect((await request(gateway.url, { method: 'POST', headers: { host: 'evil.example.com' } })).status).toBe(403);
  await gateway.stop();
});
