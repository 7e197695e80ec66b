/** A process that is suspended, a clock that jumps, and limits of the system: what is true of calls stays true. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { main } from '../support/paths.ts';
import { assertGone, start, until } from '../support/process.ts';
import { openStdio } from '../support/stdio.ts';
import { errorOf, execute, executeText } from '../support/tools.ts';
import { ANY } from './support.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const ask = (server: string, args: object = {}, timeoutMs = 60_000) => ({
  agent_id: 'any',
  server,
  tool: 'work',
  args,
  timeout_ms: timeoutMs,
});

it('an answer that came while the gateway was suspended is read before its call is timed out', async () => {
  const home = makeHome({ rules: ANY });
  const gate = path.join(home.dir, 'gate');
  const answered = path.join(home.dir, 'answered');
  const entry = { command: process.execPath, args: [fixture('patient.mjs'), gate, answered] };
  writeFileSync(home.servers, JSON.stringify(servers({ gated: entry })));
  const gateway = await serveStdio({ home });
  await executeText(gateway.rpc, ask('gated', { now: true }));
  const call = executeText(gateway.rpc, ask('gated', {}, 2000));
  // Another request is answered: this one has been sent.
  await executeText(gateway.rpc, ask('gated', { now: true }));
  process.kill(gateway.running.pid, 'SIGSTOP');
  writeFileSync(gate, '');
  await until(() => existsSync(answered), 'the server answered');
  // What this is about: more time passes than the call had.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  process.kill(gateway.running.pid, 'SIGCONT');
  expect(await call).toBe('answered');
  await gateway.stop();
});

describe.each([
  ['back two hours', -7_200_000],
  ['forward a year', 31_536_000_000],
])('the clock of the day goes %s', (_way, shift) => {
  it('and calls, time-outs, back-off and stops take what they took', async () => {
    const home = makeHome({ rules: ANY });
    const entries = {
      gated: { command: process.execPath, args: [fixture('patient.mjs'), path.join(home.dir, 'gate')] },
      broken: { command: 'false' },
      idle: { command: process.execPath, args: [fixture('patient.mjs'), '/none'], idle_timeout_ms: 60_000 },
    };
    writeFileSync(home.servers, JSON.stringify(servers(entries)));
    const preload = `--import=${fixture('set-clock.mjs')}`;
    const env = { NODE_OPTIONS: preload, CLOCK_SHIFT_MS: String(shift), CLOCK_SIGNAL: 'SIGUSR2' };
    const gateway = await serveStdio({ home, env, args: ['--init-strategy', 'lazy'] });
    const pid = await executeText(gateway.rpc, ask('gated', { pid: true }));
    const idle = await executeText(gateway.rpc, ask('idle', { pid: true }));
    for (let tries = 0; tries < 4; tries++) await execute(gateway.rpc, ask('broken'));
    const patient = executeText(gateway.rpc, ask('gated', {}));
    const hasty = execute(gateway.rpc, ask('gated', {}, 1500));
    await executeText(gateway.rpc, ask('gated', { now: true }));
    process.kill(gateway.running.pid, 'SIGUSR2');
    await gateway.running.waitForStderr(/the clock was set/);
    // Two hours would be waited for now, or everything would be over.
    expect(errorOf(await hasty).code).toBe('TIMEOUT');
    const { message } = errorOf(await execute(gateway.rpc, ask('broken')));
    const waits = /allowed in ([\d.]+) s/.exec(message)?.[1];
    expect(Number(waits ?? 0)).toBeLessThan(31);
    writeFileSync(path.join(home.dir, 'gate'), '');
    expect(await patient).toBe('answered');
    expect(await executeText(gateway.rpc, ask('gated', { pid: true }))).toBe(pid);
    expect(await executeText(gateway.rpc, ask('idle', { pid: true }))).toBe(idle);
    await gateway.stop();
  });
});

describe('limits of the system', () => {
  const limited = async (limit: string, entries: object) => {
    const home = makeHome({ rules: ANY });
    writeFileSync(home.servers, JSON.stringify({ mcpServers: entries }));
    const running = start('prlimit', [limit, '--', process.execPath, main, '--init-strategy', 'lazy'], {
      env: home.env,
      cwd: home.cwd,
    });
    const rpc = await openStdio(running.child, '2025-11-25');
    const stop = async (): Promise<void> => {
      running.child.stdin?.end();
      expect((await running.stop(null, 30_000)).code).toBe(0);
      await assertGone(home.dir);
      home.remove();
    };
    return { rpc, stop };
  };
  const worker = { command: process.execPath, args: [fixture('patient.mjs'), '/none'] };
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, worker]));

  it('64 descriptors: servers that find none say so, those that run go on, and all are stopped', async () => {
    const { rpc, stop } = await limited('--nofile=64:64', many(24));
    const first = await executeText(rpc, ask('s0', { pid: true }));
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, at) => execute(rpc, ask(`s${at}`, { pid: true }))),
    );
    const refused = results.filter(({ isError }) => isError === true);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(24);
    for (const result of refused)
      expect(errorOf(result).message).toMatch(/too many open files \(EMFILE\)|still starting/);
    expect(await executeText(rpc, ask('s0', { pid: true }))).toBe(first);
    await stop();
  });
});
