/** Programs that try to get out of their sandbox, to use more than they may, or to reach the next one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GREEDY, READS } from './escapes.ts';
import { generateProgram } from './fixtures.ts';
import { runAlone } from './testing.ts';

/** Something of the host that no program may see, nor change. */
const CANARY = '__hostCanary';
const NOTHING = 'undefinedundefinedundefinedundefined';

beforeAll(() => {
  Reflect.set(globalThis, CANARY, 'untouched');
});
afterAll(() => {
  Reflect.deleteProperty(globalThis, CANARY);
});

const RESULT = { content: [{ type: 'text', text: 'x' }], structuredContent: { list: [1, 2], name: 'x' } };

describe('a program that reads', () => {
  it.each(READS)('finds no host: %s', async (name, program) => {
    const answer = (_: string, what: unknown) =>
      (what as { server?: string }).server === 'no'
        ? { error: { code: 'TOOL_NOT_FOUND', message: 'none' } }
        : { result: RESULT };
    const { done, failed } = await runAlone(program, answer);
    if (failed === undefined) expect(done ?? `"${NOTHING}"`, name).toContain(NOTHING);
    expect(Reflect.get(globalThis, CANARY)).toBe('untouched');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['import()', 'return import("node:fs").then(() => "host", () => "none")'],
    ['import.meta', 'return typeof import.meta'],
    ['a static import', 'import fs from "node:fs"; return fs'],
    ['Atomics.wait', 'const a = new Int32Array(new SharedArrayBuffer(4)); Atomics.wait(a, 0, 0, 5000); return "none"'],
  ])('cannot leave by %s', async (_, program) => {
    const startedAt = performance.now();
    const { done, failed } = await runAlone(program);
    expect(done === '"none"' || failed !== undefined).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('leaves nothing for the next one', async () => {
    await runAlone('globalThis.left = "behind"; Object.prototype.left = 1; Array.prototype.push = null');
    expect((await runAlone('return [typeof left, typeof {}.left, typeof [].push]')).done).toBe(
      '["undefined","undefined","function"]',
    );
  });
});

describe('a program that takes', () => {
  it.each(GREEDY)('is ended: %s', async (_, program) => {
    const { done, failed } = await runAlone(program, undefined, { cpuMs: 150, memoryMb: 8 });
    expect(done).toBeUndefined();
    expect(failed?.message).toMatch(
      /interrupted|stack overflow|out of memory|too large|invalid array length|string too long/i,
    );
  });

  it.each([
    ['buffers', 'new Uint8Array(1e6)', 1e6],
    ['arrays', 'new Array(1e5).fill(1)', 8e5],
    ['texts', '"x".repeat(1e6) + a.length', 1e6],
    ['patterns', 'new RegExp("a".repeat(1e5) + a.length)', 1e5],
  ])('has the memory that it may have, and no more: %s', async (_, what, bytes) => {
    const program = `const a = []; try { for (;;) a.push(${what}) } catch (e) { const n = a.length; a.length = 0; return [n, String(e)] }`;
    const { done = '[]' } = await runAlone(program, undefined, { cpuMs: 5_000, memoryMb: 24 });
    const [count = 0, said] = JSON.parse(done) as [number, string];
    expect(said).toBe('InternalError: out of memory');
    expect(count * bytes).toBeLessThan(24 * 1024 * 1024);
    if (what.includes('Array')) expect(count * bytes).toBeGreaterThan(12 * 1024 * 1024);
  });

  it('waits for what never comes, and costs nothing', async () => {
    expect(await runAlone('await new Promise(() => {})')).toEqual({ logs: [] });
  });
});

describe('generated programs', () => {
  const most = process.env['LONG'] === undefined ? 200 : 5_000;
  it(`end or wait, all ${most} of them, and the host is what it was`, async () => {
    const before = Object.getOwnPropertyNames(globalThis).join();
    for (let seed = 1; seed <= most; seed++) {
      const program = generateProgram(seed);
      const { done } = await runAlone(program, () => ({ result: RESULT }), { cpuMs: 50, memoryMb: 8 });
      expect(done ?? '', program).not.toContain('HOST');
    }
    expect(Object.getOwnPropertyNames(globalThis).join()).toBe(before);
    expect(Reflect.get(globalThis, CANARY)).toBe('untouched');
  }, 120_000);
});
