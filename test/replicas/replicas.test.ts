/** Several gateways behind one address: what they share with a key alone, and with a store. The test itself is the balancer. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { expect, it } from 'vitest';
import { HAS_REDIS, startRedis } from '../../src/store/testing.ts';
import { askingHome } from '../support/approvals.ts';
import { type HttpGateway, type Setup, serveHttp } from '../support/gateway.ts';
import { makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { httpHeaders, messagesOf, request } from '../support/http.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type RpcMessage, requestText } from '../support/rpc.ts';
import { callTool } from '../support/tools.ts';

const ALL = { allow: { servers: ['*'] } };
const principals = { tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], default: 'dev' } };
const KEY = randomBytes(32).toString('base64');

const serve = (setup: Setup): Promise<HttpGateway> =>
  serveHttp({ ...setup, env: { GATEWAY_STATE_KEY: KEY, ...setup.env }, args: ['--init-strategy', 'lazy'] });

async function call({ url }: HttpGateway, params: object, meta: Record<string, unknown> = {}): Promise<RpcMessage> {
  const body = requestText(1, 'tools/call', { name: 'execute_tool', ...params }, MODERN, { meta });
  const headers = { ...httpHeaders(MODERN, 'tools/call', 'execute_tool'), authorization: `Bearer ${TOKEN}` };
  const answer = await request(url, { method: 'POST', headers, body });
  return JSON.parse(messagesOf(answer.body, answer.headers['content-type']).at(-1) ?? 'null') as RpcMessage;
}

it('with a key alone, a replica says what only another one can go on with', async () => {
  const asking = { command: process.execPath, args: [fixturePath('conformance-server'), 'legacy'] };
  const files = {
    servers: servers({ asking, results: fixture('results') }),
    rules: { agents: { dev: ALL }, principals },
  };
  const [one, other] = await Promise.all([serve(files), serve(files)]);
  const capabilities = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
  const question = { arguments: { server: 'asking', tool: 'test_elicitation', args: { message: 'Who?' } } };
  const { inputRequests, requestState } = (await call(one, question, capabilities)).result as {
    inputRequests: object;
    requestState: string;
  };
  const accept = { action: 'accept', content: { name: 'me' } };
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, accept]));
  const retry = { ...question, inputResponses, requestState };
  const elsewhere = await call(other, retry, capabilities);
  expect(elsewhere.error).toMatchObject({ code: -32602, message: expect.stringContaining('another replica') });
  expect(JSON.stringify((await call(one, retry, capabilities)).result)).toContain('me');

  const long = { server: 'results', tool: 'long_text', args: {}, max_result_tokens: 200 };
  const cut = JSON.stringify((await callTool(await one.open(), 'execute_tool', long)).content);
  const handle = /r_[0-9a-f]+\.[\w-]+/.exec(cut)?.[0] ?? cut.slice(0, 400);
  const read = JSON.stringify(await callTool(await other.open(), 'read_result', { handle }));
  expect(read).toMatch(/UNKNOWN_HANDLE.*another replica/);
  expect((await callTool(await one.open(), 'read_result', { handle })).isError).not.toBe(true);
  await Promise.all([one.stop(), other.stop()]);
});

it.runIf(HAS_REDIS)('with a store, limits are counted once; without it, each replica has its share', async () => {
  const redis = await startRedis({ more: ['--requirepass', 'secret-of-the-store'] });
  const env = { GATEWAY_STORE: `redis://:secret-of-the-store@127.0.0.1:${redis.port}` };
  const files = {
    env,
    servers: servers({ calc: fixture('calc') }),
    rules: { agents: { dev: { ...ALL, limits: { calls_per_minute: 8 } } }, principals },
  };
  const gateways = await Promise.all([serve(files), serve(files)] as const);
  const [one, other] = gateways;
  const label = { arguments: { server: 'calc', tool: 'label', args: {} } };
  const burst = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => call(n % 2 === 0 ? one : other, label)));
    return answers.filter(({ result }) => result?.['isError'] !== true).length;
  };
  const metrics = async (): Promise<string> =>
    (await request(`${one.origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).body;
  await until(async () => (await metrics()).includes('agent_mcp_gateway_store_replicas 2'), 'they know each other');
  expect(await burst()).toBe(8);
  await redis.stop();
  await until(async () => (await metrics()).includes('agent_mcp_gateway_store_up 0'), 'it is noticed');
  // Half of the nothing that was left is nothing.
  expect(await burst()).toBe(0);
  for (const { running } of gateways) {
    expect(running.stderr().match(/the store of several gateways cannot be reached/g)).toHaveLength(1);
    expect(running.stderr()).not.toContain('secret-of-the-store');
  }
  const home = makeHome(files);
  const refused = await runCli(['serve', '--transport', 'http', '--port', '0'], {
    env: { ...home.env, ...env, GATEWAY_STATE_KEY: KEY },
    cwd: home.cwd,
  });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/store of GATEWAY_STORE cannot be used \(.*ECONNREFUSED/);
  expect(refused.stderr).not.toContain('secret-of-the-store');
  home.remove();
  await Promise.all(gateways.map((gateway) => gateway.stop()));
});

it.runIf(HAS_REDIS)(
  'with a store, a question that one replica asked is answered at another one, and used at a third',
  async () => {
    const redis = await startRedis();
    const env = { GATEWAY_STORE: redis.url, GATEWAY_STATE_KEY: KEY };
    const { home, calls, answer } = askingHome();
    const files = { GATEWAY_MCP_CONFIG: home.servers, GATEWAY_RULES: home.rules };
    const [one, two, three] = await Promise.all([
      serve({ env: { ...env, ...files } }),
      serve({ env, home }),
      serve({ env: { ...env, ...files } }),
    ]);
    const adding = { arguments: { server: 'calc', tool: 'add', args: { a: 1, b: 2 } } };
    const waits = call(one, adding);
    // The home of the second has the socket at which the owner answers.
    await answer('once');
    expect(JSON.stringify((await waits).result)).toContain('3');
    expect(calls()).toHaveLength(1);
    const again = call(one, adding);
    await answer('hour');
    await again;
    expect(JSON.stringify((await call(three, adding)).result)).toContain('3');
    await Promise.all([one.stop(), two.stop(), three.stop()]);
    await redis.stop();
  },
);
