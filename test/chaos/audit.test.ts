/** An audit log that takes nothing, one that is full, and a log that nobody reads: calls are refused or go on, nothing waits. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp, request } from '../support/http.ts';
import { fixture, main } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, errorOf, execute, executeText } from '../support/tools.ts';
import { limit, printTable, quantile, record, rounds } from './support.ts';

afterAll(printTable);

const ADD = { server: 'calc', tool: 'add', args: { a: 1, b: 2 } };
const SERVERS = servers({ calc: fixture('calc') });
const RULES = {
  agents: { default: { allow: { servers: ['calc'] } } },
  principals: {
    tester: { token_sha256: sha256(TOKEN), may_assume: ['default'], default: 'default', operator: true },
    local: { stdio: true, may_assume: ['default'], default: 'default' },
  },
};

const home = (): Home => makeHome({ servers: SERVERS, rules: RULES });

/** Milliseconds of the slowest of `/health` while something goes on: the event loop answers it and nothing else. */
async function slowestHealth(origin: string, during: () => Promise<void>): Promise<number> {
  let isOver = false;
  const times: number[] = [];
  const looking = (async () => {
    while (!isOver) {
      const before = performance.now();
      await request(`${origin}/health`);
      times.push(performance.now() - before);
    }
  })();
  await during();
  isOver = true;
  await looking;
  return Math.max(...times);
}

async function code(rpc: Rpc): Promise<string> {
  const result = await execute(rpc, ADD);
  return result.isError === true ? errorOf(result).code : 'ok';
}

describe.skipIf(process.platform === 'win32')('the audit log', () => {
  it('a pipe whose reader is frozen: calls are refused within a bounded time, and go on once it reads', async () => {
    const here = home();
    const pipe = path.join(here.dir, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const gateway = await serveHttp({ home: here, env: { GATEWAY_AUDIT_LOG: pipe } });
    const rpc = await gateway.open();
    expect(await code(rpc)).toBe('AUDIT_UNAVAILABLE');
    // `cat` that is stopped reads nothing, and holds the pipe open.
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'ignore', 'ignore'] });
    await until(async () => (await code(rpc)) === 'ok', 'the pipe is read');
    reader.kill('SIGSTOP');
    const times: number[] = [];
    const slowest = await slowestHealth(gateway.origin, async () => {
      for (let refused = 0; refused < 5; ) {
        const before = performance.now();
        if ((await code(rpc)) !== 'ok') refused++;
        times.push(performance.now() - before);
      }
    });
    reader.kill('SIGCONT');
    await until(async () => (await code(rpc)) === 'ok', 'calls go on');
    record('frozen audit pipe', 'slowest call, ms', '3000', Math.max(...times));
    record('frozen audit pipe', 'slowest answer beside it, ms', '500', slowest);
    expect(Math.max(...times)).toBeLessThan(limit(3000));
    expect(slowest).toBeLessThan(limit(500));
    reader.kill('SIGKILL');
    gateway.running.child.kill('SIGTERM');
    expect((await gateway.running.exited).code).toBe(0);
    here.remove();
  });

  it.runIf(process.platform === 'linux')(
    'a full disk (/dev/full, and a limit on the size of files): refused at once',
    async () => {
      for (const how of ['/dev/full', 'ulimit'] as const) {
        const here = home();
        const env = how === 'ulimit' ? {} : { GATEWAY_AUDIT_LOG: how };
        // 64 blocks of 512 or 1024 bytes, as the shell counts.
        const shell = how === 'ulimit' ? 'ulimit -f 64; trap "" XFSZ; exec "$0" "$@"' : 'exec "$0" "$@"';
        const child = spawn(
          'sh',
          ['-c', shell, process.execPath, main, 'serve', '--transport', 'http', '--port', '0'],
          {
            cwd: here.cwd,
            env: { ...here.env, ...env },
            stdio: ['ignore', 'ignore', 'pipe'],
          },
        );
        let stderr = '';
        child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
        const listening = /listening on (http:\/\/[^\s"]+\/mcp)/;
        await until(() => listening.test(stderr), 'it listens');
        const rpc = await openHttp(listening.exec(stderr)?.[1] ?? '', MODERN, { token: TOKEN });
        const times: number[] = [];
        for (let refused = 0; refused < 20; ) {
          const before = performance.now();
          if ((await code(rpc)) === 'AUDIT_UNAVAILABLE') {
            refused++;
            times.push(performance.now() - before);
          }
        }
        record(
          how === 'ulimit' ? 'disk full after 64 blocks' : 'disk full',
          'refusal p95, ms',
          '100',
          quantile(times, 0.95),
        );
        expect(quantile(times, 0.95)).toBeLessThan(limit(200));
        if (how === 'ulimit') {
          const verified = await runCli(['audit', 'verify', here.audit], { env: here.env, cwd: here.cwd });
          expect(verified.code, verified.stdout).toBe(0);
        }
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await exited;
        here.remove();
      }
    },
  );

  it('that has as many bytes as it may: young records stay, calls are refused, and nothing of it is gone', async () => {
    const here = home();
    const env = { GATEWAY_AUDIT_MAX_BYTES: String(1024 * 1024) };
    const gateway = await serveStdio({ home: here, env });
    expect(await executeText(gateway.rpc, ADD)).toBe('3');
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`argument-${n}`, n]));
    const before = performance.now();
    let calls = 0;
    let last = 'ok';
    for (; last === 'ok' && calls < 5000; calls++) {
      const result = await execute(gateway.rpc, { server: 'calc', tool: 'label', args: wide });
      if (result.isError === true) last = errorOf(result).code;
    }
    record('audit log full', 'calls until refused', '-', calls);
    record('audit log full', 'ms until refused', '-', performance.now() - before);
    expect(last).toBe('AUDIT_UNAVAILABLE');
    const folder = path.dirname(here.audit);
    const files = readdirSync(folder).filter((name) => name.startsWith('audit.jsonl'));
    const bytes = files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(files).toContain('audit.jsonl.000001');
    await until(() => readdirSync(folder).includes('.audit.jsonl.000001.summary.json'), 'its calls are counted');
    const verified = await runCli(['audit', 'verify', here.audit], { env: here.env, cwd: here.cwd });
    expect(verified.code, verified.stdout).toBe(0);
    gateway.running.child.stdin?.end();
    await gateway.running.exited;
    here.remove();
  });
});

describe.skipIf(process.platform === 'win32')('the log on standard error', () => {
  it('that nobody reads holds no call up', async () => {
    const here = home();
    const gateway = await serveHttp({ home: here, args: ['--debug'] });
    const rpc = await gateway.open();
    expect(await code(rpc)).toBe('ok');
    gateway.running.child.stderr?.pause();
    const times: number[] = [];
    const slowest = await slowestHealth(gateway.origin, async () => {
      const count = rounds(3000, 600);
      for (let n = 0; n < count; n++) {
        const before = performance.now();
        // Each one that is refused for its token, and each of a long name, is a line or more at debug level.
        await callTool(rpc, 'get_gateway_status', { agent_id: `${'x'.repeat(200)}${n}` });
        times.push(performance.now() - before);
      }
    });
    record('log that nobody reads', 'call p99, ms', '100', quantile(times, 0.99));
    record('log that nobody reads', 'slowest answer beside it, ms', '500', slowest);
    expect(slowest).toBeLessThan(limit(500));
    gateway.running.child.stderr?.resume();
    gateway.running.child.kill('SIGTERM');
    expect((await gateway.running.exited).code).toBe(0);
    here.remove();
  });
});

it.runIf(process.platform === 'linux')(
  'standard output as audit log is refused over stdio, whatever it is called',
  async () => {
    for (const log of ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', '/proc/thread-self/fd/1']) {
      const here = home();
      const {
        code: status,
        stdout,
        stderr,
      } = await runCli([], { env: { ...here.env, GATEWAY_AUDIT_LOG: log }, cwd: here.cwd });
      expect({ log, status, stdout }).toEqual({ log, status: 2, stdout: '' });
      expect(stderr).toContain('standard output');
      here.remove();
    }
    const here = home();
    expect(auditRecords(here)).toEqual([]);
    here.remove();
  },
);
