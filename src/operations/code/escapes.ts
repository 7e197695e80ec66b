/** For tests: programs that want out of their sandbox, or more than there is. */

const HOST = 'typeof process + typeof require + typeof globalThis.__hostCanary + typeof WebAssembly';

/** Each returns what it sees of the host. */
export const READS: readonly (readonly [string, string])[] = [
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

/** Each wants more than there is. */
export const GREEDY: readonly (readonly [string, string])[] = [
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
