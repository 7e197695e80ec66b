/** What names servers and agents tells each principal what it may know, and operators everything. */
import { expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { makeHome, servers, sha256 } from '../support/home.ts';
import { openHttp, request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, dataOf, execute } from '../support/tools.ts';

const SERVERS = servers({
  pub: fixture('calc'),
  'payments-db': fixture('calc'),
  dataroom: { command: '/nonexistent/secret-tool' },
});
const token = (name: string): string => `tok_${name}_${'x'.repeat(40)}`;
const principal = (name: string, more: object = {}) => ({ token_sha256: sha256(token(name)), may_assume: [], ...more });
const RULES = {
  agents: { guest: { allow: { servers: ['pub'] } }, 'cfo-assistant': { allow: { servers: ['*'] } } },
  principals: {
    guest: principal('guest', { default: 'guest', may_assume: ['guest'] }),
    cfo: principal('cfo', { default: 'cfo-assistant', may_assume: ['cfo-assistant'] }),
    bounded: principal('bounded', { default: 'cfo-assistant', may_assume: ['cfo-assistant'], ceiling: 'guest' }),
    prometheus: principal('prometheus', { operator: true }),
    nobody: principal('nobody'),
  },
};
const SECRET = /payments-db|dataroom|secret-tool/;

/** All that somebody can read about the gateway. */
async function seenBy(gateway: HttpGateway, name: string): Promise<string> {
  const headers = { authorization: `Bearer ${token(name)}` };
  const get = (path: string, accept: string) =>
    request(`${gateway.origin}${path}`, { headers: { ...headers, accept } });
  const all = await Promise.all([
    get('/metrics', '*/*'),
    get('/metrics', 'application/json'),
    get('/ready?verbose', '*/*'),
    get('/ready?x=1&verbose=1', '*/*'),
  ]);
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  return all.map(({ body }) => body).join('\n');
}

it.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('%s: each sees what it may know', async (_name, args) => {
  const gateway = await serveHttp({ servers: SERVERS, rules: RULES, args, env: { GATEWAY_DEBUG: 'true' } });
  const rpc = await Promise.all(['guest', 'cfo'].map((name) => openHttp(gateway.url, MODERN, { token: token(name) })));
  const [guest, cfo] = rpc as [(typeof rpc)[0], (typeof rpc)[0]];
  await execute(cfo, { server: 'payments-db', tool: 'label' });
  await execute(cfo, { server: 'dataroom', tool: 'label' });
  for (const server of ['pub', 'payments-db', 'invented-name']) await execute(guest, { server, tool: 'label' });

  const asGuest = await seenBy(gateway, 'guest');
  expect(asGuest).not.toMatch(SECRET);
  expect(asGuest).not.toMatch(/cfo|invented/);
  expect(asGuest).toMatch(/operations_total\{operation="execute_tool",agent="guest"\} 3/);
  expect(asGuest).toMatch(/server_starts\{server="pub"\} 1/);
  expect(asGuest).toContain('"name":"pub"');
  expect(asGuest).not.toMatch(/"pids"|"last_error"/);

  const asBounded = await seenBy(gateway, 'bounded');
  expect(asBounded).not.toMatch(SECRET);
  expect(asBounded).toContain('"name":"pub"');
  expect(await seenBy(gateway, 'nobody')).not.toMatch(/payments-db|dataroom|secret-tool|cfo|guest|"pub"/);
  expect(await seenBy(gateway, 'cfo')).not.toContain('guest');
  const asOperator = await seenBy(gateway, 'prometheus');
  for (const name of ['payments-db', 'dataroom', 'cfo-assistant', 'guest', 'pub'])
    expect(asOperator).toContain(`"${name}"`);
  expect(asOperator).toMatch(/"last_error"/);

  const status = JSON.stringify(dataOf(await callTool(guest, 'get_gateway_status')));
  expect(status).not.toMatch(/payments-db|dataroom|secret-tool|cfo/);
  expect(status).toContain('"agent_ids":["guest"]');
  await gateway.stop();
});

it('a token for an operator is made by a command, may be nobody, and rules without principals have the owner as one', async () => {
  const home = makeHome({ servers: SERVERS, rules: { agents: RULES.agents } });
  const gateway = await serveHttp({ home });
  const said = await gateway.running.waitForStderr(/"Authorization": "Bearer (amg_\w+)"/);
  const get = (bearer: string) =>
    request(`${gateway.origin}/ready?verbose`, { headers: { authorization: `Bearer ${bearer}` } });
  expect((await get(said[1] ?? '')).body).toContain('payments-db');
  const made = await runCli(['token', 'create', 'prometheus', '--operator', '--write'], {
    env: home.env,
    cwd: home.cwd,
  });
  expect(made.code).toBe(0);
  await until(async () => (await get(said[1] ?? '')).status === 401, 'the rules have principals now');
  const { status, body } = await get(made.stdout.trim());
  expect(status).toBe(200);
  expect(body).toContain('payments-db');
  const { stdout } = await runCli(['validate'], { env: home.env, cwd: home.cwd });
  expect(stdout).not.toContain('can do nothing');
  await gateway.stop();
});
