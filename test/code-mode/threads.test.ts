/** Programs in threads of the build: what only threads can do about a program. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/operations/code/limits.ts';
import { ProgramThreads } from '../../src/operations/code/program-threads.ts';
import { Canceller } from '../../src/shared/cancel.ts';
import { root } from '../support/paths.ts';

const threads = new ProgramThreads(join(root, 'dist/code.js'), join(root, 'dist/quickjs.wasm'));
const limits = { ...DEFAULT_LIMITS, cpuMs: 300, memoryMb: 16 };

/** Runs a program whose calls are answered at once. */
async function run(code: string, owner = 'a'): Promise<unknown> {
  const running = await threads.start(owner, code, limits, (_, id, text) => {
    running.settle(id, true, JSON.stringify({ structuredContent: { asked: JSON.parse(text) } }));
  });
  const { returned, failure, ...rest } = await running.over;
  return failure === undefined ? { returned, ...rest } : { failure: failure.message, ...rest };
}

describe('programs in threads', () => {
  it('run, and fail', async () => {
    expect(await run('console.log(1); return (await servers.s.t({ a: 1 })).asked.args')).toEqual({
      returned: '{"a":1}',
      logged: '1',
      calls: 1,
    });
    expect(await run('const a: number = 2; return a as number')).toMatchObject({ returned: '2' });
    expect(await run('await new Promise(() => {})')).toMatchObject({ failure: expect.stringContaining('never comes') });
    expect(await run('await sleep(5); return 1')).toMatchObject({ returned: '1' });
  });

  it('sleep as long as they say, however little time they have: whoever waits for them ends them', async () => {
    const start = performance.now();
    const running = await threads.start(
      'a',
      'await sleep(200); return 1',
      { ...limits, timeoutMs: 20 },
      () => undefined,
    );
    expect(await running.over).toMatchObject({ returned: '1' });
    expect(performance.now() - start).toBeGreaterThanOrEqual(195);
  });

  it('find a thread that was made ready before the first of them', async () => {
    const fresh = new ProgramThreads(join(root, 'dist/code.js'), join(root, 'dist/quickjs.wasm'));
    fresh.warm();
    fresh.warm();
    expect(fresh.size).toBe(1);
    const running = await fresh.start('a', 'return 1', limits, () => undefined);
    expect(fresh.size).toBe(1);
    expect(await running.over).toMatchObject({ returned: '1' });
  });

  it('make no more calls than they may, however many at a time', async () => {
    let most = 0;
    let open = 0;
    const code = `const all = await Promise.allSettled(Array.from({ length: 10000 }, (_, n) => servers.s.t({ n })));
      const no = all.filter(({ reason }) => reason?.code === 'RATE_LIMITED').length;
      return [all.length, no]`;
    const running = await threads.start('a', code, DEFAULT_LIMITS, (_, id) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        running.settle(id, true, '{}');
      });
    });
    expect(await running.over).toMatchObject({ returned: '[10000,9950]', calls: 50 });
    expect(most).toBeLessThanOrEqual(8);
  });

  it.each([
    ['a loop', 'for (;;);', 'interrupted'],
    ['microtasks', 'const f = () => void Promise.resolve().then(f); f(); await sleep(60000)', 'interrupted'],
    ['memory', 'const a = []; for (;;) a.push(new Uint8Array(1e6))', 'out of memory'],
    ['recursion', '(function f() { return f() + 1 })()', 'stack overflow'],
    ['nesting', 'let o = {}; for (let i = 0; i < 5000; i++) o = { o }; return JSON.stringify(o).length > 0', undefined],
    ['deep nesting', 'return eval("(".repeat(200000) + ")".repeat(200000))', 'stack overflow'],
  ])('end one that takes too much: %s', async (_, code, why) => {
    const ended = await run(code);
    if (why === undefined) expect(ended).toHaveProperty('returned');
    else expect(ended).toMatchObject({ failure: expect.stringContaining(why) });
    expect(await run('return 1')).toMatchObject({ returned: '1' });
  });

  it('let whoever waits for one go when it likes', async () => {
    const code = 'await servers.s.t(); await sleep(60000)';
    const running = await Promise.all(
      Array.from({ length: 8 }, () => threads.start('full', code, limits, () => undefined)),
    );
    const signals = Array.from({ length: 16 }, () => new Canceller());
    const waiting = signals.map((signal) =>
      threads
        .start('full', 'return 1', limits, () => undefined, signal)
        .then(
          () => 'began',
          (error: Error) => error.message,
        ),
    );
    const refused = await threads.start('full', '', limits, () => undefined).catch((error: Error) => error.message);
    expect(refused).toMatch(/^Too many programs/);
    for (const signal of signals) signal.abort(new Error('gone'));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['gone']));
    for (const program of running) program.stop();
    await Promise.all(running.map(({ over }) => over));
    expect(await run('return 1', 'full')).toMatchObject({ returned: '1' });
  });

  it('end at once one that is told to stop, also in what QuickJS does at a stretch', async () => {
    for (const code of ['for (;;);', 'return "a".repeat(2e7).indexOf("a".repeat(1e7) + "b")', 'await sleep(60000)']) {
      const running = await threads.start(
        'a',
        `await servers.s.t(); ${code}`,
        { ...DEFAULT_LIMITS, cpuMs: 60_000 },
        (_, id) => {
          running.settle(id, true, '{}');
          setTimeout(() => {
            stoppedAt = performance.now();
            running.stop();
          }, 50);
        },
      );
      let stoppedAt = 0;
      await running.over;
      expect(performance.now() - stoppedAt, code).toBeLessThan(100);
    }
    expect(await run('return 1')).toMatchObject({ returned: '1' });
  });
});
