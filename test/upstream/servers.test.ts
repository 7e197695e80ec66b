/** The commands that look after servers, against a running gateway and without one. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { type Home, linesOf, makeHome, servers } from '../support/home.ts';
import { request } from '../support/http.ts';
import { fixture, root } from '../support/paths.ts';
import { runCli, startGateway, until } from '../support/process.ts';
import { errorOf, execute } from '../support/tools.ts';

const RULES = { agents: { any: { allow: { servers: ['*'] } } } };
const options = (home: Home) => ({ env: home.env, cwd: home.cwd });
const json = async (home: Home, ...args: string[]): Promise<{ code: number | null; value: unknown }> => {
  const { code, stdout } = await runCli([...args, '--json'], options(home));
  return { code, value: JSON.parse(stdout) };
};

describe('without a gateway', () => {
  const notExecutable = path.join(root, 'package.json');
  const home = makeHome({
    servers: servers({
      calc: fixture('calc'),
      absent: { command: 'there-is-no-such-program' },
      incomplete: { command: 'node', env: { KEY: '$' + '{NO_SUCH_VARIABLE_HERE}' } },
      refusing: { url: 'http://127.0.0.1:9/mcp' },
      barred: { command: notExecutable },
    }),
    rules: RULES,
  });
  afterAll(() => home.remove());

  it('servers test says how far it got, after as many tries as asked', async () => {
    expect(await json(home, 'servers', 'test', 'calc')).toMatchObject({
      code: 0,
      value: { name: 'calc', status: 'initialized', tries: 1, revision: '2025-11-25' },
    });
    expect(await json(home, 'servers', 'test', 'absent', '--retries', '1')).toMatchObject({
      code: 4,
      value: { status: 'error', tries: 2, error: { code: 'SERVER_UNAVAILABLE' } },
    });
    expect((await runCli(['servers', 'test', 'nobody'], options(home))).code).toBe(2);
  });

  it('doctor names what fails and the fix, server by server', async () => {
    const { code, value } = await json(home, 'doctor');
    expect(code).toBe(4);
    const found = new Map((value as { server: string }[]).map((entry) => [entry.server, entry]));
    expect(found.get('calc')).toMatchObject({ ok: true });
    expect(JSON.stringify(found.get('calc'))).toMatch(/tokens of definitions/);
    expect(found.get('absent')).toMatchObject({
      ok: false,
      fix: expect.stringMatching(/^Install there-is-no-such-program/),
    });
    expect(found.get('incomplete')).toMatchObject({ fix: expect.stringMatching(/^Set NO_SUCH_VARIABLE_HERE/) });
    expect(found.get('barred')).toMatchObject({ fix: expect.stringContaining(`chmod +x ${notExecutable}`) });
    expect(found.get('refusing')).toMatchObject({ ok: false, fix: expect.stringContaining('"url"') });
  });

  it('warm starts every server, and fails where one cannot be', async () => {
    const { code, value } = await json(home, 'warm');
    expect(code).toBe(4);
    const status = (value as { name: string; status: string }[]).map(({ name, status }) => [name, status]);
    expect(Object.fromEntries(status)).toEqual({
      calc: 'initialized',
      absent: 'error',
      incomplete: 'error',
      refusing: 'error',
      barred: 'error',
    });
  });

  it('tells each thing once: the log is for those who ask for it', async () => {
    const { stdout, stderr } = await runCli(['warm'], options(home));
    expect(stdout.trim().split('\n')).toHaveLength(1);
    // Four servers that failed, and the summary.
    expect(stderr.trim().split('\n')).toHaveLength(5);
    const debug = await runCli(['warm'], { ...options(home), env: { ...home.env, GATEWAY_DEBUG: 'true' } });
    expect(debug.stderr).toContain('configuration loaded');
  });

  it('servers status says that nothing runs', async () => {
    const { code, stderr } = await runCli(['servers', 'status'], options(home));
    expect(code).toBe(1);
    expect(stderr).toContain('No gateway of this account is running');
  });
});

describe('with a gateway', () => {
  let gateway: HttpGateway;
  let events: string;

  beforeAll(async () => {
    const home = makeHome({ rules: RULES });
    events = path.join(home.dir, 'events');
    const entries = {
      slow: fixture('slow', { EVENTS_FILE: events }),
      single: { ...fixture('slow'), max_concurrent: 1 },
      absent: { command: 'there-is-no-such-program' },
    };
    writeFileSync(home.servers, JSON.stringify(servers(entries)));
    gateway = await serveHttp({ home, args: ['--no-auth'] });
    await until(() => linesOf(events).includes('start'), 'the server started');
  });
  afterAll(() => gateway.stop());

  const starts = (): number => linesOf(events).filter((line) => line === 'start').length;
  const stateOf = async (name: string): Promise<unknown> => {
    const { value } = await json(gateway.home, 'servers', 'status');
    const [answer] = value as { servers: { name: string; state: string }[] }[];
    return answer?.servers.find((server) => server.name === name)?.state;
  };

  it('status has the state of every server, on a socket that only its owner can open', async () => {
    await until(async () => (await stateOf('slow')) === 'ready', 'the server is ready');
    expect(await stateOf('absent')).toBe('failed-config');
    const dir = path.join(gateway.home.dir, 'cache/agent-mcp-gateway/run');
    const [socket] = readdirSync(dir);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(dir, socket ?? '')).mode & 0o777).toBe(0o600);
  });

  it('status finds a gateway that was started by a client, which leaves out most of its environment', async () => {
    const env = { ...gateway.home.env, XDG_RUNTIME_DIR: path.join(gateway.home.dir, 'session') };
    expect(await runCli(['servers', 'status'], { env, cwd: gateway.home.cwd })).toMatchObject({ code: 0 });
  });

  it('status says how long calls waited, and how long their server took; so do the metrics and the log', async () => {
    const rpc = await gateway.open();
    // 100 ms each, one after the other.
    const pulse = () => execute(rpc, { agent_id: 'any', server: 'single', tool: 'pulse', args: { steps: 2 } });
    await Promise.all([pulse(), pulse()]);
    await execute(rpc, { agent_id: 'any', server: 'absent', tool: 'none' });
    const { value } = await json(gateway.home, 'servers', 'status');
    const [{ servers: reports }] = value as [{ servers: { name: string; figures: Record<string, number | string> }[] }];
    const figures = new Map(reports.map((report) => [report.name, report.figures]));
    const single = figures.get('single');
    expect(single).toMatchObject({ calls: 2, errors: 0 });
    expect(single?.['queue_p95_ms']).toBeGreaterThan(95);
    expect(single?.['server_p95_ms']).toBeGreaterThan(95);
    expect(single?.['p95_ms']).toBeGreaterThan(190);
    expect(Date.now() - Date.parse(String(single?.['last_use']))).toBeLessThan(60_000);
    expect(figures.get('absent')).toMatchObject({ calls: 1, errors: 1, last_error_code: 'SERVER_UNAVAILABLE' });

    const counted = (await json(gateway.home, 'audit', 'stats', '--by', 'server')).value;
    const logged = (counted as { server: string; queue_p95_ms: number }[]).find(({ server }) => server === 'single');
    expect((logged?.queue_p95_ms ?? 0) / Number(single?.['queue_p95_ms'])).toBeCloseTo(1, 2);
    const { body } = await request(`${gateway.origin}/metrics`);
    expect(body).toContain('agent_mcp_gateway_call_queue_duration_seconds_count{server="single"} 2\n');
    expect(body).toContain('agent_mcp_gateway_call_server_duration_seconds_bucket{le="0.064",server="single"} 0\n');
    expect(body).toContain('agent_mcp_gateway_call_errors_total{server="absent",code="SERVER_UNAVAILABLE"} 1\n');
  });

  it('restart starts a server anew, and stop stops it', async () => {
    const before = starts();
    expect((await runCli(['servers', 'restart', 'slow'], options(gateway.home))).code).toBe(0);
    await until(() => starts() === before + 1, 'it started again');
    await until(async () => (await stateOf('slow')) === 'ready', 'it is ready again');
    expect((await runCli(['servers', 'stop', 'slow'], options(gateway.home))).code).toBe(0);
    await until(async () => (await stateOf('slow')) === 'stopped', 'it is stopped');
    expect((await runCli(['servers', 'stop', 'nobody'], options(gateway.home))).code).toBe(4);
  });

  it('restart says why a server does not start', async () => {
    const { code, stdout, stderr } = await runCli(['servers', 'restart', 'absent'], options(gateway.home));
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/absent.*(cannot be started|does not exist|not found)/i);
  });

  it.each(['restart', 'stop'])('%s tells a call that runs that it may have taken effect', async (command) => {
    const rpc = await gateway.open();
    const key = `during ${command}`;
    const running = execute(rpc, { agent_id: 'any', server: 'slow', tool: 'wait', args: { key } });
    await until(() => linesOf(events).includes(`call wait ${key}`), 'the call runs');
    expect((await runCli(['servers', command, 'slow'], options(gateway.home))).code).toBe(0);
    expect(errorOf(await running)).toEqual({
      code: 'SERVER_UNAVAILABLE',
      message:
        'Server "slow" was disconnected by the gateway. The call may have taken effect: check before you repeat it.',
    });
  });

  it('logs have what a server writes to stderr, also from now on', async () => {
    const following = startGateway(['servers', 'logs', 'slow', '--follow'], options(gateway.home));
    let seen = '';
    following.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
    });
    const rpc = await gateway.open();
    const crash = (): Promise<unknown> =>
      rpc.call('tools/call', {
        name: 'execute_tool',
        arguments: { agent_id: 'any', server: 'slow', tool: 'crash', args: {} },
      });
    await until(async () => {
      await crash();
      return seen.includes('about to crash');
    }, 'the line was followed');
    const { stdout } = await runCli(['servers', 'logs', 'slow'], options(gateway.home));
    expect(stdout).toContain('about to crash');
    await following.stop('SIGTERM');
  });
});
