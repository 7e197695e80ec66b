/** Compares what is certain here with what servers in Python and in Go make of the same argument; Node's own readers are in the tests of each matcher. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { domainToASCII, fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallArguments, lookUp } from './call-arguments.ts';
import { compileCondition } from './condition.ts';
import { isOfHost, parseHostPattern } from './hosts.ts';
import { isUnder, parseFolder } from './paths.ts';

const CASES = process.env['LONG'] === undefined ? 400 : 100_000;
const reader = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const READERS: readonly (readonly [string, readonly string[]])[] = [
  ['python3', [reader('reader.py')]],
  // Its compiler takes half a minute.
  ...(process.env['LONG'] === undefined ? [] : ([['go', ['run', reader('reader.go')]]] as const)),
];
const isThere = (program: string): boolean =>
  spawnSync(program, [program === 'go' ? 'version' : '--version']).status === 0;

const joined = (parts: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(parts, { minLength: 1, maxLength }).map((all) => all.join(''));
const paths = joined(
  fc.constantFrom(
    '/',
    '/',
    '/srv',
    '/project',
    'srv',
    'a',
    '..',
    '.',
    '/..',
    '\\..',
    '%2e%2e',
    '%2f',
    '%5c',
    '%25',
    '%',
    ' ',
    'é',
  ),
  8,
);
const urls = joined(
  fc.constantFrom(
    ...[
      'http://',
      'https://',
      'HTTP:',
      '//',
      'example.com',
      'evil.com',
      'EXAMPLE.com',
      'b\u00fccher.example',
      ':80',
      ':8443',
      ':',
      '@',
    ],
    ...[
      '/',
      '\\',
      '?',
      '#',
      '.',
      '%2e',
      '%00',
      '[::1]',
      '127.0.0.1',
      '127.1',
      '\u3002',
      '\uff45',
      ' ',
      'x',
      'user:pw@',
    ],
  ),
  6,
).chain((rest) => fc.constantFrom('', 'http://', 'https://example.com').map((start) => start + rest));
const keys = fc.constantFrom(
  'path',
  'Path',
  'PATH',
  'size',
  '\u017fize',
  'SIZE',
  'token',
  'to\u212aen',
  'Token',
  'pat\\u0068',
);
const objects = fc
  .uniqueArray(fc.tuple(keys, fc.constantFrom('"a"', '"b"', '1', '[1]')), { maxLength: 4, selector: ([key]) => key })
  .filter((members) => new Set(members.map(([key]) => JSON.parse(`"${key}"`))).size === members.length)
  .map((members) => `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`);
const numbers = fc.oneof(
  fc.constantFrom(
    '10',
    '10.0',
    '1e1',
    '10.00000000000000001',
    '9.9999999999999999999',
    '9007199254740993',
    '1e400',
    '-0',
    '0.1e2',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
);

const PROJECT = [parseFolder('/srv/project')].filter((folder) => folder !== undefined);
const HOSTS = ['example.com', '*.example.com:443', 'b\u00fccher.example', '[::1]', '127.0.0.1:80'].flatMap(
  (source) => parseHostPattern(source) ?? [],
);
const isBelow = (path: string): boolean => `${path}/`.startsWith('/srv/project/');
const isHost = ([name, port]: readonly [string, number]): boolean => {
  const host = name.includes(':') ? `[${name}]` : domainToASCII(name);
  return HOSTS.some((pattern) => pattern.matchesHost(host) && (pattern.port ?? String(port)) === String(port));
};
const NUMBERS = [{ max: 10 }, { min: 10 }, { equals: 10 }, { equals: 9007199254740992 }].map((matcher) =>
  compileCondition({ '/n': matcher }, undefined),
);

/** The facts that are certain of one text, each beside what a reader made of it. */
function certain(kind: string, text: string, read: unknown): [boolean | string, boolean | string][] {
  if (kind === 'path') {
    const truth = isUnder(text, PROJECT, false);
    return truth === undefined ? [] : (read as string[]).map((one) => [truth, isBelow(one)]);
  }
  if (kind === 'url') {
    const truth = isOfHost(text, HOSTS);
    return truth === undefined || read === null ? [] : [[truth, isHost(read as [string, number])]];
  }
  if (kind === 'number') {
    const facts = { args: new CallArguments(`{"n":${text}}`) };
    return NUMBERS.flatMap((condition, at) => {
      const truth = condition?.decide(facts, 'a', 's', 't').truth;
      return truth === undefined || read === null ? [] : [[truth, (read as boolean[])[at] === true]];
    });
  }
  return ['path', 'size', 'token'].flatMap((key) => {
    const found = lookUp(JSON.parse(text), [key]);
    if (found === 'doubt') return [];
    const theirs = (read as Record<string, unknown>)[key];
    return [[found === 'absent' ? 'absent' : JSON.stringify(found.value), JSON.stringify(theirs) ?? 'absent']];
  });
}

describe.each(READERS.filter(([program]) => isThere(program)))('%s', (program, args) => {
  it.each([
    ['path', paths],
    ['url', urls],
    ['json', objects],
    ['number', numbers],
  ])('reads what is certain of a %s in the same way', { timeout: 120_000 }, (kind, texts) => {
    const asked = fc.sample(texts, CASES).map((text) => [kind, text] as const);
    const { status, stdout, stderr } = spawnSync(program, args, {
      input: JSON.stringify(asked),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect([status, stderr]).toEqual([0, '']);
    let known = 0;
    for (const [at, read] of (JSON.parse(stdout) as unknown[]).entries()) {
      const text = asked[at]?.[1] ?? '';
      for (const [ours, theirs] of certain(kind, text, read)) {
        known++;
        if (ours !== theirs) expect({ text, ours }).toEqual({ text, ours: theirs, read });
      }
    }
    expect(known).toBeGreaterThan(CASES / 20);
  });
});
