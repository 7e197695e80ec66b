/** Shutdown (docs/operations.md, Stop): running calls get an answer, and no process that the gateway started survives it. */
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { fileText, type Home, type Json, linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { request } from '../support/http.ts';
import { CORNERS, type Front, open, overMatrix, PROCESSES, TRANSPORTS } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { assertGone, isAlive, processesOf, until } from '../support/process.ts';
import type { Answer, Exchange } from '../support/rpc.ts';
import { errorOf, executeText, resultOf, textOf } from '../support/tools.ts';

/** Milliseconds after which everything has ended: drain limit, then 2 s for each step of stopping a child. */
const DEADLINE = 20_000;
/** Milliseconds, less than any wait of a stop takes: what ends within them waited for nothing. */
const AT_ONCE = 5_000;

function bench(more: Json = {}): { home: Home; events: string } {
  const home = makeHome({ rules: withPrincipals({ default: { allow: { servers: ['*'] } } }) });
  const events = path.join(home.dir, 'events');
  writeFileSync(
    home.servers,
    fileText(
      servers({
        calc: fixture('calc', { LABEL: 'here' }),
        slow: fixture('slow', { EVENTS_FILE: events }),
        ...more,
      }),
    ),
  );
  return { home, events };
}

/** Ends only by SIGKILL, and has children that are like it. */
const STUBBORN = { stubborn: fixture('stubborn', { CHILDREN: 'yes' }) };

async function waiting(front: Front, events: string, key: string): Promise<Exchange> {
  const exchange = front.rpc.start('tools/call', {
    name: 'execute_tool',
    arguments: { server: 'slow', tool: 'pulse', args: { key, steps: 20 } },
  });
  await until(() => linesOf(events).includes(`call pulse ${key}`), 'the call arrived');
  return exchange;
}

describe.runIf(process.platform === 'linux')('no process is left', () => {
  overMatrix(
    [CORNERS[0], CORNERS.at(-1)].filter((kind) => kind !== undefined),
    (kind) => {
      it('SIGTERM with a call in flight: it gets its result, and everything ends', async () => {
        const { home, events } = bench(STUBBORN);
        const front = await open(kind, { home });
        const pids = JSON.parse(await executeText(front.rpc, { server: 'stubborn', tool: 'pids' })) as number[];
        expect(pids).toHaveLength(3);
        const exchange = await waiting(front, events, 'k');
        front.running.child.kill('SIGTERM');
        expect(textOf(resultOf(await exchange.answer))).toBe('pulsed 20');
        expect((await front.running.stop(null, DEADLINE)).code).toBe(0);
        expect(pids.filter(isAlive)).toEqual([]);
        await assertGone(home.dir);
        // Its stdin was closed first, as a client should do; it went without a signal.
        expect(linesOf(events)).toContain('stdin end');
        expect(linesOf(events)).not.toContain('SIGTERM');
        home.remove();
      });
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)('%s ends an idle gateway at once, with the status %i', async (signal, status) => {
    const home = makeHome({
      servers: servers({ calc: fixture('calc') }),
      rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
    });
    for (const transport of TRANSPORTS) {
      const gateway = await open({ transport, revision: '2026-07-28' }, { home });
      expect(await executeText(gateway.rpc, { server: 'calc', tool: 'label' })).toBe('none');
      const began = Date.now();
      expect((await gateway.running.stop(signal)).code).toBe(status);
      expect(Date.now() - began).toBeLessThan(AT_ONCE);
      await assertGone(home.dir);
    }
    home.remove();
  });

  it('the end of stdin: what was asked before is answered', async () => {
    const { home, events } = bench();
    const gateway = await serveStdio({ home });
    const exchange = await waiting(gateway, events, 'k');
    gateway.running.child.stdin?.end();
    expect(textOf(resultOf(await exchange.answer))).toBe('pulsed 20');
    expect((await gateway.running.stop(null, DEADLINE)).code).toBe(0);
    await assertGone(home.dir);
    home.remove();
  });

  it('a call that does not end in time gets an error before the deadline', async () => {
    const { home, events } = bench();
    const gateway = await serveStdio({ home });
    const exchange = gateway.rpc.start('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'slow', tool: 'wait', args: { key: 'for-ever' } },
    });
    await until(() => linesOf(events).includes('call wait for-ever'), 'the call arrived');
    gateway.running.child.kill('SIGTERM');
    expect(errorOf(resultOf(await exchange.answer))).toEqual({
      code: 'SHUTTING_DOWN',
      message:
        'The gateway is shutting down: the call was cancelled. The call may have taken effect: check before you repeat it.',
    });
    await gateway.running.stop(null, DEADLINE);
    await assertGone(home.dir);
    home.remove();
  });

  it('a second signal ends it at once, and what is left is finished by a guardian', async () => {
    const { home, events } = bench(STUBBORN);
    const gateway = await serveStdio({ home });
    await executeText(gateway.rpc, { server: 'stubborn', tool: 'pids' });
    void (await waiting(gateway, events, 'k')).answer.catch(() => {});
    gateway.running.child.kill('SIGTERM');
    await gateway.running.waitForStderr(/SIGTERM|shut|stop|drain/i);
    const began = Date.now();
    gateway.running.child.kill('SIGTERM');
    await gateway.running.exited;
    expect(Date.now() - began).toBeLessThan(AT_ONCE);
    await until(() => processesOf(home.dir).filter(isAlive).length === 0, 'the guardian has finished', 8_000);
    home.remove();
  });

  it('a broken stdout ends it', async () => {
    const { home } = bench(STUBBORN);
    const gateway = await serveStdio({ home });
    await executeText(gateway.rpc, { server: 'stubborn', tool: 'pids' });
    gateway.running.child.stdout?.destroy();
    gateway.rpc.send('{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2,"method":"ping"}\n');
    gateway.rpc.send('{"jsonrpc":"2.0","id":3,"method":"ping"}\n');
    await gateway.running.exited;
    await until(() => processesOf(home.dir).filter(isAlive).length === 0, 'everything has ended', 10_000);
    home.remove();
  });
});

it.each(PROCESSES)(
  'while it drains, on new connections: ready is 503, health lives, new calls are refused; %s',
  async (_what, args) => {
    const { home, events } = bench();
    const gateway = await serveHttp({ home, args });
    const status = async (path: string): Promise<number> => (await request(`${gateway.origin}${path}`)).status;
    expect([await status('/ready'), await status('/health')]).toEqual([200, 200]);
    const rpc = await gateway.open();
    const running = rpc.start('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'slow', tool: 'wait', args: { key: 'k' } },
    });
    await until(() => linesOf(events).includes('call wait k'), 'the call arrived');
    gateway.running.child.kill('SIGTERM');
    await until(async () => (await status('/ready')) === 503, 'it drains');
    expect(await status('/health')).toBe(200);
    // Each worker hears of it for itself.
    const late = async (): Promise<Answer> => (await gateway.open()).call('tools/list', {});
    await until(async () => (await late()).status === 503, 'calls are refused');
    expect((await late()).message.error?.message).toContain('shutting down');
    running.cancel();
    await running.answer.catch(() => undefined);
    expect((await gateway.running.stop(null, DEADLINE)).code).toBe(0);
    await assertGone(home.dir);
    home.remove();
  },
);

/** One process in every suite: with workers it takes two seconds longer. */
const BALANCED = [['one process', []] as const, ...PROCESSES.slice(0, process.env['LONG'] === '1' ? 1 : 0)];

it.each(BALANCED)('behind a load balancer, it takes calls until none come; %s', async (_what, args) => {
  const { home } = bench();
  const gateway = await serveHttp({ home, args, env: { GATEWAY_STOP_DELAY_SECONDS: '1' } });
  const rpc = await gateway.open();
  const call = { name: 'execute_tool', arguments: { server: 'calc', tool: 'label', args: {} } };
  expect(textOf(resultOf(await rpc.call('tools/call', call)))).toBe('here');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const probe = (path: string): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked = http.get(`${gateway.origin}${path}`, { agent }, (response) => resolve(response.resume()));
      asked.on('error', reject);
    });
  expect((await probe('/ready')).headers.connection).toBe('keep-alive');
  gateway.running.child.kill('SIGTERM');
  await until(async () => (await probe('/ready')).statusCode === 503, 'it is not ready');
  expect((await probe('/health')).headers.connection).toBe('close');
  let answered = 0;
  const ended = await endOf(async () => {
    const answer = await rpc.call('tools/call', call);
    expect(textOf(resultOf(answer))).toBe('here');
    answered++;
  });
  expect(ended).toMatchObject({ code: 'ECONNREFUSED' });
  expect(answered).toBeGreaterThan(5);
  agent.destroy();
  expect((await gateway.running.stop(null, DEADLINE)).code).toBe(0);
  await assertGone(home.dir);
  home.remove();
});

/** The error that ends what is done again and again. */
async function endOf(task: () => Promise<void>): Promise<unknown> {
  try {
    for (;;) await task();
  } catch (error) {
    return error;
  }
}
