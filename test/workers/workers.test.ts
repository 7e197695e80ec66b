/** Several processes for one gateway: nothing that exists once exists twice, and nobody notices where a request went. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { type HttpGateway, type Setup, serveHttp } from '../support/gateway.ts';
import { auditRecords, linesOf, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { type HttpReply, httpHeaders, messagesOf, request } from '../support/http.ts';
import { makeCrowd } from '../support/load.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { assertGone, processesOf, runCli, signalTo, until } from '../support/process.ts';
import { MODERN, type RpcMessage, requestText } from '../support/rpc.ts';
import { callTool, dataOf, execute, executeText, textOf } from '../support/tools.ts';

const ALL = { allow: { servers: ['*'] } };
const TWO = ['--workers', '2', '--init-strategy', 'lazy'];
const principals = { tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], default: 'dev' } };

const serve = (setup: Setup): Promise<HttpGateway> => serveHttp({ ...setup, args: [...TWO, ...(setup.args ?? [])] });
const headersOf = (method: string, more: Record<string, string> = {}, name?: string): Record<string, string> => ({
  ...httpHeaders(MODERN, method, name),
  authorization: `Bearer ${TOKEN}`,
  ...more,
});
const workersOf = ({ home }: HttpGateway): number[] =>
  processesOf(home.dir).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker.js'));
const messageOf = ({ body, headers }: HttpReply): RpcMessage =>
  JSON.parse(messagesOf(body, headers['content-type']).at(-1) ?? 'null') as RpcMessage;

/** A modern call on a connection of its own: they go to the workers in turn. */
async function fresh(
  gateway: HttpGateway,
  params: object,
  meta: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<RpcMessage> {
  const body = requestText(1, 'tools/call', { name: 'execute_tool', ...params }, MODERN, { meta });
  const headers = headersOf('tools/call', {}, 'execute_tool');
  return messageOf(await request(gateway.url, { method: 'POST', headers, body, ...(signal && { signal }) }));
}

const codeOf = ({ result }: RpcMessage): string => {
  const [block] = (result?.['content'] ?? []) as { text?: string }[];
  if (result?.['isError'] !== true) return 'ok';
  return (JSON.parse(block?.text ?? '{}') as { error: { code: string } }).error.code;
};

it('one set of servers, one account, one answer for all workers', async () => {
  const home = makeHome({ rules: { agents: { dev: ALL }, principals } });
  const spawns = path.join(home.dir, 'spawns');
  const entry = (label: string) => fixture('calc', { LABEL: label, SPAWNS_FILE: spawns });
  writeFileSync(home.servers, JSON.stringify(servers({ one: entry('1'), two: entry('2') })));
  const gateway = await serve({ home });
  expect(workersOf(gateway)).toHaveLength(2);
  const rpc = await gateway.open();
  const labels = Array.from({ length: 12 }, (_, at) =>
    executeText(rpc, { server: at % 2 === 0 ? 'one' : 'two', tool: 'label' }),
  );
  expect((await Promise.all(labels)).join('')).toBe('12'.repeat(6));
  expect(linesOf(spawns)).toHaveLength(2);

  const metrics = await request(`${gateway.origin}/metrics`, {
    headers: headersOf('get', { accept: 'application/json' }),
  });
  const {
    operations,
    values,
    servers: measured,
  } = JSON.parse(metrics.body) as {
    servers: Record<string, { calls: number; p95_ms: number; server_p95_ms: number }>;
    operations: Record<string, { count: number }>;
    values: Record<string, number>;
  };
  expect(operations['execute_tool']?.count).toBe(12);
  // Whichever worker got the call, and whichever has the server.
  for (const name of ['one', 'two']) {
    expect(measured[name]?.calls).toBe(6);
    expect(measured[name]?.server_p95_ms).toBeGreaterThan(0);
    expect(measured[name]?.server_p95_ms).toBeLessThan(measured[name]?.p95_ms ?? 0);
  }
  expect(values).toMatchObject({
    agent_mcp_gateway_workers: 2,
    agent_mcp_gateway_servers_configured: 2,
    agent_mcp_gateway_servers_ready: 2,
    'agent_mcp_gateway_server_starts{server="one"}': 1,
    'agent_mcp_gateway_server_starts{server="two"}': 1,
  });
  const cli = (...args: string[]) => runCli(args, { env: home.env, cwd: home.cwd });
  const status = JSON.parse((await cli('servers', 'status', '--json')).stdout) as {
    servers: { name: string; figures?: { calls: number } }[];
  }[];
  expect(status.map((one) => one.servers.map(({ name, figures }) => [name, figures?.calls]))).toEqual([
    [
      ['one', 6],
      ['two', 6],
    ],
  ]);
  const stats = JSON.parse((await cli('stats', '--json')).stdout) as { stats: object[] }[];
  expect(stats.map((one) => one.stats)).toMatchObject([[{ agent: 'dev', calls: 12, direct_tools: 10 }]]);
  expect((await cli('servers', 'restart', 'two')).stdout).toContain('was restarted.');
  await until(() => linesOf(spawns).length === 3, 'the one server was started again');
  expect(await executeText(rpc, { server: 'two', tool: 'label' })).toBe('2');

  const verified = await cli('audit', 'verify', '--json');
  expect(verified.code).toBe(0);
  expect((JSON.parse(verified.stdout) as { writers: unknown[] }).writers).toHaveLength(2);
  expect(auditRecords(home).filter(({ phase }) => phase === 'finished')).toHaveLength(13);
  await gateway.stop();
});

it('sessions, calls that wait for input and results that were cut are found on any connection', async () => {
  const asking = { command: process.execPath, args: [fixturePath('conformance-server'), 'legacy'] };
  const gateway = await serve({
    servers: servers({
      ...{ calc: fixture('calc'), asking, results: fixture('results') },
      skilled: { command: process.execPath, args: [fixturePath('skills'), 'one'] },
    }),
    rules: { agents: { dev: ALL }, principals },
  });
  // Every request of these goes over a connection of its own.
  const sessions = await Promise.all([1, 2, 3, 4].map(() => gateway.open('2025-11-25')));
  for (const rpc of sessions)
    expect(await executeText(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } })).toBe('3');

  // One connection for sessions of both workers: what belongs elsewhere is handed on.
  const crowd = makeCrowd(gateway.url, 1);
  const tags = new Set<string>();
  for (const rpc of sessions) {
    const headers = (rpc as unknown as { headers(method: string): Record<string, string> }).headers('tools/call');
    tags.add((headers['mcp-session-id'] ?? '').slice(0, 2));
    const params = { name: 'execute_tool', arguments: { server: 'calc', tool: 'label' } };
    const answer = await crowd.post(headers, requestText(9, 'tools/call', params, '2025-11-25'));
    expect(textOf(messageOf(answer).result as never)).toBe('none');
  }
  expect([...tags].sort()).toEqual(['w0', 'w1']);
  crowd.close();

  const capabilities = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
  for (let round = 0; round < 4; round++) {
    const call = { arguments: { server: 'asking', tool: 'test_elicitation', args: { message: 'Who are you?' } } };
    const { result } = await fresh(gateway, call, capabilities);
    expect(result).toMatchObject({ resultType: 'input_required' });
    const { inputRequests, requestState } = result as { inputRequests: object; requestState: string };
    const answers = Object.keys(inputRequests).map((key) => [
      key,
      { action: 'accept', content: { name: `me ${round}` } },
    ]);
    const retry = { ...call, inputResponses: Object.fromEntries(answers), requestState };
    const again = await fresh(gateway, retry, capabilities);
    expect(JSON.stringify(again.result)).toContain(`me ${round}`);
    expect((await fresh(gateway, retry, capabilities)).error?.code).toBe(-32602);
  }

  // Of a skill that its server does not list one worker alone was told.
  const read = async (method: string, uri: string): Promise<RpcMessage> => {
    const headers = headersOf(method, {}, uri);
    return messageOf(
      await request(gateway.url, { method: 'POST', headers, body: requestText(3, method, { uri }, MODERN) }),
    );
  };
  expect(await read('skills/get', 'mcp://skilled/skill://unlisted/SKILL.md')).toHaveProperty('result.skill');
  for (let round = 0; round < 2; round++)
    expect(await read('resources/read', 'mcp://skilled/skill://unlisted/more.md')).toHaveProperty('result.contents');

  const rpc = await gateway.open();
  for (let round = 0; round < 2; round++) {
    const args = { server: 'results', tool: 'long_text', args: {}, max_result_tokens: 200 };
    const cut = JSON.stringify((await callTool(rpc, 'execute_tool', args)).content);
    const handle = /r_w\d\.[\w-]+/.exec(cut)?.[0] ?? `none in ${cut.slice(0, 400)}`;
    for (let piece = 0; piece < 2; piece++) {
      expect((await callTool(rpc, 'read_result', { handle, max_result_tokens: 50 })).isError).not.toBe(true);
    }
  }
  await gateway.stop();
});

it('limits are counted over all workers', async () => {
  const home = makeHome({
    rules: {
      agents: {
        dev: ALL,
        rare: { ...ALL, limits: { calls_per_minute: 7 } },
        narrow: { ...ALL, limits: { concurrent_calls: 2 } },
      },
      principals,
    },
  });
  const events = path.join(home.dir, 'events');
  const slow = { ...fixture('slow', { EVENTS_FILE: events }), max_concurrent: 1, max_queue: 40 };
  writeFileSync(home.servers, JSON.stringify(servers({ calc: fixture('calc'), slow })));
  const gateway = await serve({ home });
  const call = (agent_id: string, server: string, tool: string, args: object = {}, signal?: AbortSignal) =>
    fresh(gateway, { arguments: { agent_id, server, tool, args } }, {}, signal).then(codeOf);
  const rare = await Promise.all(Array.from({ length: 30 }, () => call('rare', 'calc', 'label')));
  expect(rare.filter((code) => code === 'ok')).toHaveLength(7);
  expect(rare.filter((code) => code === 'RATE_LIMITED')).toHaveLength(23);

  // Nobody releases what these wait for: as many are let in as may run at a time, and one of them reaches the server.
  const leave = new AbortController();
  const waits = ['a', 'b', 'c', 'd'].map((key) => call('narrow', 'slow', 'wait', { key }, leave.signal));
  const limited = () => auditRecords(home).filter(({ rule }) => rule === 'agents.narrow.limits.concurrent_calls');
  await until(() => limited().length === 2, 'two calls are refused');
  const decided = () =>
    auditRecords(home).filter((line) => line['agent_id'] === 'narrow' && line['phase'] === 'decided');
  await until(() => decided().length === 2, 'two calls are let in');
  await until(() => linesOf(events).some((line) => line.startsWith('call wait')), 'one call is there');
  expect(linesOf(events).filter((line) => line.startsWith('call'))).toHaveLength(1);
  leave.abort();
  const ends = await Promise.allSettled(waits);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(2);
  await until(() => linesOf(events).some((line) => line.startsWith('cancelled')), 'the server is told');
  expect(await call('narrow', 'calc', 'label')).toBe('ok');
  await gateway.stop();
});

it('a reload is in force in every worker once it is acknowledged, and a refused one in none', async () => {
  const home = makeHome({ servers: servers({ calc: fixture('calc') }) });
  const rules = (...allowed: string[]) =>
    writeFileSync(home.rules, JSON.stringify({ agents: { dev: { allow: { servers: allowed } } }, principals }));
  rules('calc');
  const gateway = await serve({ home });
  const call = () => fresh(gateway, { arguments: { server: 'calc', tool: 'label' } }).then(codeOf);
  let busy = true;
  const seen = new Set<string>();
  const load = Array.from({ length: 4 }, async () => {
    while (busy) seen.add(await call());
  });
  const acknowledged = (text: string): number => gateway.running.stderr().split(text).length - 1;
  for (let round = 1; round <= 10; round++) {
    rules(round % 2 === 0 ? 'calc' : 'other');
    gateway.running.child.kill('SIGHUP');
    await until(() => acknowledged('configuration reloaded') === round, `reload ${round}`);
    const after = await Promise.all([call(), call(), call(), call()]);
    expect(new Set(after)).toEqual(new Set([round % 2 === 0 ? 'ok' : 'DENIED_BY_POLICY']));
  }
  writeFileSync(home.rules, '{');
  gateway.running.child.kill('SIGHUP');
  await until(() => acknowledged('reload refused') > 0, 'the bad file is refused');
  expect(await Promise.all([call(), call()])).toEqual(['ok', 'ok']);
  busy = false;
  await Promise.all(load);
  expect([...seen].sort()).toEqual(['DENIED_BY_POLICY', 'ok']);
  await gateway.stop();
});

it('a worker that is killed takes nothing with it but its own, and is replaced', async () => {
  const home = makeHome({ rules: { agents: { dev: ALL }, principals } });
  const spawns = (name: string) => path.join(home.dir, `spawns-${name}`);
  const entry = (name: string) => fixture('calc', { SPAWNS_FILE: spawns(name) });
  writeFileSync(home.servers, JSON.stringify(servers({ one: entry('one'), two: entry('two') })));
  const gateway = await serve({ home });
  const open = await Promise.all([1, 2].map(() => gateway.open('2025-11-25')));
  const tagOf = (rpc: unknown): string => ((rpc as { session: string }).session ?? '').slice(0, 3);
  const of = (tag: string) => open.find((rpc) => tagOf(rpc) === tag) ?? expect.unreachable(`no session of ${tag}`);
  for (const server of ['one', 'two']) await executeText(of('w0.'), { server, tool: 'label' });
  const [, killed] = workersOf(gateway).sort((a, b) => a - b);

  let busy = true;
  const kept: string[] = [];
  const load = (async () => {
    while (busy) kept.push(await executeText(of('w0.'), { server: 'one', tool: 'label' }));
  })();
  // Connections come in all the time: none of them may be left without an answer or an end.
  const ends = new Set<string>();
  const newcomers = Array.from({ length: 8 }, async () => {
    while (busy) {
      const end = await fresh(gateway, { arguments: { server: 'one', tool: 'label' } }).then(codeOf, () => 'broken');
      ends.add(end);
    }
  });
  await until(() => ends.size > 0, 'new connections are served');
  signalTo(killed, 'SIGKILL');
  await gateway.running.waitForStderr(/a worker was replaced/);
  busy = false;
  await Promise.all([load, ...newcomers]);
  expect([...ends].filter((end) => end !== 'broken')).toEqual(['ok']);
  expect(new Set(kept)).toEqual(new Set(['none']));

  const gone = await request(gateway.url, {
    method: 'POST',
    headers: (of('w1.') as unknown as { headers(method: string): Record<string, string> }).headers('ping'),
    body: requestText(5, 'ping', {}, '2025-11-25'),
  });
  expect(gone.status).toBe(404);
  expect((await execute(of('w0.'), { server: 'two', tool: 'label' })).isError).not.toBe(true);
  await until(
    () => processesOf(home.dir).filter((pid) => linesOf(spawns('two')).includes(String(pid))).length === 1,
    'its server is gone',
  );
  expect(linesOf(spawns('one'))).toHaveLength(1);
  const { code } = await runCli(['audit', 'verify'], { env: home.env, cwd: home.cwd });
  expect(code).toBe(0);
  expect(dataOf(await callTool(of('w0.'), 'list_servers'))).toHaveLength(2);
  process.kill(gateway.running.pid, 'SIGKILL');
  await gateway.running.exited;
  await assertGone(home.dir);
});

it('what workers say to each other has no name that a server could connect to, or put itself behind', async () => {
  const home = makeHome({ servers: servers({ calc: fixture('calc') }), rules: { agents: { dev: ALL }, principals } });
  const gateway = await serve({ home });
  const open = await Promise.all([1, 2].map(() => gateway.open('2025-11-25')));
  for (const rpc of open) await executeText(rpc, { server: 'calc', tool: 'label' });
  const sockets = readdirSync(home.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isSocket());
  expect(sockets.map(({ name }) => name)).toEqual([`${gateway.running.pid}.sock`]);
  // Neither as files elsewhere nor in the abstract namespace: those of the kernel's list that have a name.
  const named = (pid: number): string[] => {
    const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
    const lines = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1);
    return lines
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([, , , , , , inode = '', name]) => (name !== undefined && inodes.includes(inode) ? [name] : []));
  };
  for (const pid of workersOf(gateway)) expect(named(pid)).toEqual([]);
  for (const rpc of open) await rpc.close();
  await gateway.stop();
});

it('over stdio there is one process', async () => {
  const home = makeHome({ servers: servers({}), rules: { agents: {} } });
  const { code, stderr } = await runCli(['serve', '--workers', '2'], { env: home.env, cwd: home.cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('needs --transport http');
  home.remove();
});

it('a task is found whichever worker is asked', async () => {
  const suite = { command: process.execPath, args: [fixturePath('conformance-server'), 'modern', 'stdio'] };
  const gateway = await serve({ servers: servers({ suite }), rules: { agents: { dev: ALL }, principals } });
  const meta = {
    'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  };
  const args = { server: 'suite', tool: 'slow_compute', args: { seconds: 600 } };
  const ids = await Promise.all(
    Array.from({ length: 4 }, async () => (await fresh(gateway, { arguments: args }, meta)).result?.['taskId']),
  );
  const ask = async (method: string, taskId: unknown): Promise<unknown> => {
    const body = requestText(1, method, { taskId }, MODERN, { meta });
    const headers = headersOf(method, {}, String(taskId));
    return messageOf(await request(gateway.url, { method: 'POST', headers, body }));
  };
  for (const taskId of ids) {
    for (let turn = 0; turn < 2; turn++) {
      expect(await ask('tasks/get', taskId)).toMatchObject({ result: { taskId, status: 'working' } });
    }
    expect(await ask('tasks/cancel', taskId)).toMatchObject({ result: { resultType: 'complete' } });
  }
  expect(await ask('tasks/get', `w0.${String(ids[0])}`)).toMatchObject({ error: { code: -32602 } });
  await gateway.stop();
});
