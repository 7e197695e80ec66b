/** For tests: programs that combine what a language offers to whoever wants out, always the same one for a seed. */

/** Values, among them those through which hosts were reached. */
const ATOMS = [
  'globalThis',
  'tools',
  'servers',
  'console.log',
  'tools.call',
  'sleep',
  'Object.prototype',
  'Function.prototype',
  '(async () => {})',
  '(function* () {})',
  'Promise.prototype',
  'Symbol.iterator',
  'Reflect',
  'new Proxy({}, {})',
  '[1, , 3]',
  '{ __proto__: null, a: 1 }',
  '1e308',
  '-0',
  '2n ** 64n',
  '"\\u{1F600}"',
  'new Error("x")',
  'new Map([[1, 2]])',
  'new Uint8Array(8)',
  '/(a*)*b/',
  'undefined',
  'null',
] as const;
const MEMBERS = [
  'constructor',
  '__proto__',
  'prototype',
  'then',
  'call',
  'apply',
  'bind',
  'length',
  'caller',
  'toString',
  'valueOf',
  'stack',
  'name',
  'return',
  'next',
] as const;
const PROBE = `Function('return typeof process === "undefined" ? 1 : "HOST"')()`;

export function generateProgram(seed: number): string {
  const random = numbers(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const expression = (depth: number): string => {
    if (depth === 0) return `(${pick(ATOMS)})`;
    const inner = (): string => expression(depth - 1 - random(depth));
    return pick([
      () => `${inner()}?.${pick(MEMBERS)}`,
      () => `${inner()}?.[${inner()}]`,
      () => `${inner()}(${inner()}, ${inner()})`,
      () => `new (${inner()})(${inner()})`,
      () => `Reflect.apply(${inner()}, ${inner()}, [${inner()}])`,
      () => `Object.getOwnPropertyDescriptors(${inner()})`,
      () => `Object.setPrototypeOf(${inner()}, ${inner()})`,
      () => `[...${inner()}]`,
      () => `(await ${inner()})`,
      () => `({ ...${inner()}, then: ${inner()}, toJSON: ${inner()} })`,
      () => `new Proxy(${inner()}, { get: ${inner()}, has: ${inner()} })`,
      () => `(await servers.s.t(${inner()}))`,
      () => `String(${inner()})`,
      () => `eval(${JSON.stringify(`(${pick(ATOMS)})`)})`,
      () => `${inner()}?.constructor?.constructor?.("return typeof process")()`,
      () => PROBE,
    ])();
  };
  const statement = (): string => {
    const what = expression(1 + random(4));
    return pick([
      () => `try { v.push(${what}) } catch (e) { v.push(e) }`,
      () => `try { globalThis[${expression(1)}] = ${what} } catch (e) { v.push(e.constructor) }`,
      () => `try { for (const x of ${what}) { v.push(x); break } } catch (e) { v.push(e.stack) }`,
      () =>
        `try { Object.defineProperty(Object.prototype, ${expression(0)}, { get() { return ${what} }, configurable: true }) } catch {}`,
      () => `try { await Promise.race([${what}, sleep(1)]) } catch (e) { throw e }`,
      () =>
        `class A${random(1e6)} extends Object { static #p = (() => { try { return ${expression(1)} } catch {} })(); get [Symbol.toStringTag]() { return ${expression(0)} } }`,
    ])();
  };
  const body = Array.from({ length: 1 + random(8) }, statement).join('\n');
  return `const v = [];\n${body}\nreturn v.length > 0 ? v.at(-1) : ${PROBE};`;
}

/** Mulberry32. @returns a whole number below the one given */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
