/** Programs that try to get out of their sandbox, to use more than they may, or to reach the next one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProgram } from './fixtures.ts';
import { runAlone } from './testing.ts';

/** Something of the host that no program may see, nor change. */
const CANARY = '__hostCanary';
const HOST = 'typeof process + typeof require + typeof globalThis.__hostCanary + typeof WebAssembly';
const NOTHING = 'undefinedundefinedundefinedundefined';

beforeAll(() => {
  Reflect.set(globalThis, CANARY, 'untouched');
});
afterAll(() => {
  Reflect.deleteProperty(globalThis, CANARY);
});

const RESULT = { content: [{ type: 'text', text: 'x' }], structuredContent: { list: [1, 2], name: 'x' } };

/** Each returns what it sees of the host. */
const READS: readonly (readonly [string, string])[] = [
  ['the constructor of a function of the host', `return tools.call.constructor('return ${HOST}')()`],
  ['the Function constructor', `return Function('return ${HOST}')()`],
  ['eval, direct and not', `return eval('${HOST}') === (0, eval)('${HOST}') ? eval('${HOST}') : 'differs'`],
  ['an async function constructor', `return (async () => {}).constructor('return ${HOST}')()`],
  ['a generator constructor', `return (function* () {}).constructor('yield ${HOST}')().next().value`],
  [
    'an async generator constructor',
    `return (await (async function* () {}).constructor('yield ${HOST}')().next()).value`,
  ],
  ['the prototypes of console.log', `return Object.getPrototypeOf(console.log).constructor('return ${HOST}')()`],
  [
    'the constructor of a result',
    `const r = await servers.s.t(); return r.constructor.constructor('return ${HOST}')()`,
  ],
  ['a list of a result', `const r = await servers.s.t(); return r.list.map.constructor('return ${HOST}')()`],
  ['a promise of a call', `const p = servers.s.t(); p.catch(() => {}); return p.then.constructor('return ${HOST}')()`],
  [
    'the error of a call',
    `try { await servers.no.t() } catch (e) { return e.constructor.constructor('return ${HOST}')() }`,
  ],
  ['getters on what is returned', `return { get a() { return Function('return ${HOST}')() } }.a`],
  ['toJSON of what is returned', `return { toJSON() { return Function('return ${HOST}')() } }`],
  ['a thenable that is returned', `return { then(f) { f(f.constructor('return ${HOST}')()) } }`],
  [
    'a proxy as arguments',
    `await servers.s.t(new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) })); return ${HOST}`,
  ],
  [
    'a changed Promise',
    `Promise.prototype.then = function (f) { return Function('return ${HOST}')() }; return ${HOST}`,
  ],
  ['a changed JSON', `JSON.stringify = () => '{"a":1}'; JSON.parse = () => 1; return ${HOST}`],
  ['a changed Object.prototype', `Object.prototype.polluted = 1; Array.prototype.map = () => []; return ${HOST}`],
  [
    'getters under names that the host reads',
    `Object.defineProperty(Object.prototype, 'error', { get() { throw 1 } }); return ${HOST}`,
  ],
  [
    'error stacks with a prepareStackTrace',
    `Error.prepareStackTrace = (e, s) => s; const { stack } = new Error(); return typeof stack === 'string' ? ${HOST} : stack[0].getThis?.()`,
  ],
  [
    'the callers of a function',
    `function f() { try { return f.caller } catch { return undefined } } f(); return ${HOST}`,
  ],
  [
    'this of a sloppy function',
    `const self = Function('return this')(); return self === globalThis ? ${HOST} : 'another'`,
  ],
  [
    'a shared buffer',
    `const m = typeof SharedArrayBuffer === 'undefined' ? undefined : new Int32Array(new SharedArrayBuffer(64)); m?.fill(7); return ${HOST}`,
  ],
  ['closing the function around it', `return 0 })(); (async () => { return ${HOST}`],
  ['a symbol of the host', `return typeof globalThis[Symbol.for('nodejs.util.inspect.custom')] + ${HOST}`],
];

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

/** Each wants more than there is. */
const GREEDY: readonly (readonly [string, string])[] = [
  ['a loop without end', 'for (;;);'],
  ['microtasks without end', 'const f = () => Promise.resolve().then(f); await f()'],
  ['async recursion without end', 'const f = async () => { await null; return f() }; await f()'],
  [
    'a microtask without end, and a wait',
    'Promise.resolve().then(() => { for (;;); }).catch(() => 1); await sleep(60000)',
  ],
  [
    'microtasks without end, and a wait',
    'const f = () => void Promise.resolve().then(f); f(); await new Promise(() => {})',
  ],
  ['a regular expression that backtracks', 'return /^(a+)+$/.test("a".repeat(40) + "b")'],
  ['deep recursion', '(function f() { return f() + 1 })()'],
  ['recursion through getters', 'const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x'],
  ['a program that nests deeply', `return eval('('.repeat(200000) + ')'.repeat(200000))`],
  ['a huge array', 'return new Array(2 ** 32 - 1).fill(1).length'],
  ['a huge string', 'let s = "x"; for (;;) s += s'],
  ['many small objects', 'const a = []; for (;;) a.push({ a: [1, 2, 3] })'],
  ['a big number', 'let n = 3n; for (;;) n *= n'],
  ['a catch that tries again', 'for (;;) { try { for (;;); } catch { continue } finally { for (;;); } }'],
];

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
