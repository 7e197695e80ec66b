import { describe, expect, it, test } from 'vitest';
import { CallArguments, lookUp, parsePointer } from './call-arguments.ts';
import { compileCondition, type Outcome } from './condition.ts';
import type { ArgumentMatchers, Matcher } from './matcher-data.ts';

function decide(args: ArgumentMatchers, given: unknown): Outcome {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  const condition = compileCondition(args, undefined);
  return condition?.decide({ args: new CallArguments(text) }, 'a', 's', 't') ?? { truth: true };
}

const truthOf = (matcher: Matcher, value: unknown): boolean | undefined =>
  decide({ '/x': matcher }, value === undefined ? {} : { x: value }).truth;

const DOUBT = undefined;

describe('matchers', () => {
  test.each<[Matcher, unknown, boolean | undefined]>([
    [{ equals: 'a' }, 'a', true],
    [{ equals: 'a' }, 'b', false],
    [{ equals: 'a' }, 'A', false],
    [{ equals: 'a', ignore_case: true }, 'A', true],
    [{ equals: 'a' }, 'a ', DOUBT],
    [{ equals: 'a' }, '\uff41', DOUBT],
    [{ equals: 'a' }, 'a\0b', DOUBT],
    [{ equals: 'a' }, 'a\u200b', DOUBT],
    [{ equals: 'a' }, 1, DOUBT],
    [{ equals: 'a' }, null, DOUBT],
    [{ equals: 5 }, 5, true],
    [{ equals: 5 }, 5.5, false],
    [{ equals: 5 }, '5', DOUBT],
    [{ equals: 2 ** 53 }, 2 ** 53, DOUBT],
    [{ equals: 0 }, -0, true],
    [{ equals: true }, true, true],
    [{ equals: true }, 'true', DOUBT],
    [{ equals: true }, 1, DOUBT],
    [{ equals: null }, null, true],
    [{ equals: null }, 'null', DOUBT],
    [{ equals: [1, 'a'] }, [1, 'a'], true],
    [{ equals: [1, 'a'] }, [1, 'b'], false],
    [{ equals: [1] }, [1, 2], false],
    [{ equals: { a: 1, b: 2 } }, { b: 2, a: 1 }, true],
    [{ equals: { a: 1 } }, { a: 1, b: 2 }, false],
    [{ equals: { a: 1 } }, { A: 1 }, DOUBT],
    [{ equals: { a: 1 } }, {}, false],
    [{ in: ['a', 5] }, 'a', true],
    [{ in: ['a', 5] }, 5, true],
    [{ in: ['a', 5] }, 'b', false],
    [{ in: ['a', 5] }, '5', false],
    [{ in: [5] }, '5', DOUBT],
    [{ in: ['a', 5] }, true, DOUBT],
    [{ matches: '*@example.com' }, 'me@example.com', true],
    [{ matches: '*@example.com' }, 'me@example.com.evil.com', false],
    [{ matches: '*@example.com' }, 'me@example.com\u200b', DOUBT],
    [{ matches: '*@example.com' }, ' me@example.com', true],
    [{ matches: ['a*', 'b*'] }, 'bc', true],
    [{ matches: 'A*', ignore_case: true }, 'abc', true],
    [{ matches: 'A*' }, 'abc', false],
    [{ matches: '*' }, ['a'], DOUBT],
    [{ under: '/srv' }, '/srv/a', true],
    [{ under: ['/srv', '/tmp'] }, '/tmp/a', true],
    [{ under: '/srv' }, '/SRV/a', DOUBT],
    [{ under: '/srv', ignore_case: true }, '/SRV/a', true],
    [{ under: '/srv' }, 5, DOUBT],
    [{ host: 'a.example' }, 'https://a.example/x', true],
    [{ host: ['b.example', '*.example'] }, 'https://a.example/x', true],
    [{ host: 'b.example' }, 'https://a.example/x', false],
    [{ host: 'b.example' }, {}, DOUBT],
    [{ min: 1, max: 9 }, 5, true],
    [{ min: 1, max: 9 }, 10, false],
    [{ min: 1 }, 0.5, false],
    [{ min: 1 }, '5', DOUBT],
    [{ min: 1 }, 1e300, DOUBT],
    [{ max: 9 }, -1e18, DOUBT],
    [{ max_length: 2 }, 'ab', true],
    [{ max_length: 2 }, 'abc', false],
    [{ max_length: 2 }, '😀😀', true],
    [{ max_length: 2 }, [1, 2, 3], false],
    [{ max_length: 2 }, 5, DOUBT],
    [{ type: 'string' }, 'a', true],
    [{ type: ['string', 'null'] }, null, true],
    [{ type: 'integer' }, 5, true],
    [{ type: 'integer' }, 5.5, false],
    [{ type: 'number' }, '5', false],
    [{ type: 'array' }, [], true],
    [{ type: 'object' }, [], false],
    [{ type: 'boolean' }, false, true],
    [{ each: { matches: 'a*' } }, ['a', 'ab'], true],
    [{ each: { matches: 'a*' } }, ['a', 'b'], false],
    [{ each: { matches: 'a*' } }, ['a', 5], DOUBT],
    [{ each: { matches: 'a*' } }, ['b', 5], false],
    [{ each: { matches: 'a*' } }, [], true],
    [{ each: { matches: 'a*' } }, 'a', DOUBT],
    [{ each: { each: { min: 1 } } }, [[1, 2], [3]], true],
    [{ absent: true }, undefined, true],
    [{ absent: true }, null, false],
    [{ absent: false }, undefined, false],
    [{ absent: false }, null, true],
    [{ absent: false, equals: 'a' }, 'a', true],
    [{ equals: 'a' }, undefined, DOUBT],
    [{ equals: 'a', type: 'string' }, undefined, DOUBT],
  ])('%j about %j: %j', (matcher, value, expected) => {
    expect(truthOf(matcher, value)).toBe(expected);
  });

  it('reads numbers that no double holds as in doubt', () => {
    expect(decide({ '/x': { max: 10 } }, '{"x": 1e999}').truth).toBeUndefined();
    expect(decide({ '/x': { equals: 9007199254740992 } }, '{"x": 9007199254740993}').truth).toBeUndefined();
  });
});

describe('conditions', () => {
  it('are about all of their arguments, and name the one that decided', () => {
    const args = { '/path': { under: '/srv' }, '/mode': { in: ['r', 'w'] } } as const;
    expect(decide(args, { path: '/srv/a', mode: 'w' })).toEqual({ truth: true, pointer: '/path' });
    expect(decide(args, { path: '/etc/a', mode: 'w' })).toEqual({ truth: false, pointer: '/path', test: 'under' });
    expect(decide(args, { path: '/srv/a', mode: 'x' })).toEqual({ truth: false, pointer: '/mode', test: 'in' });
    expect(decide(args, { path: '/srv/a' })).toEqual({ truth: undefined, pointer: '/mode', test: 'missing' });
    expect(decide(args, { mode: 'x' })).toEqual({ truth: false, pointer: '/mode', test: 'in' });
  });

  it('are in doubt where a key stands there twice for those who do not tell cases apart', () => {
    const args = { '/path': { under: '/srv' } } as const;
    expect(decide(args, { path: '/srv/a', Path: '/etc' }).test).toBe('unclear');
    expect(decide(args, { Path: '/srv/a' }).test).toBe('unclear');
    expect(decide({ '/key': { equals: 1 } }, { key: 1, '\u212aey': 2 }).test).toBe('unclear');
    expect(decide({ '/attachments': { absent: true } }, { Attachments: [] }).test).toBe('unclear');
    expect(decide({ '/a/b': { equals: 1 } }, { a: { b: 1, c: 0, C: 0 } }).test).toBe('unclear');
    expect(decide({ '/a': { type: 'object' } }, { a: { deep: [{ x: 1, X: 2 }] } }).test).toBe('unclear');
    expect(decide({ '/a': { equals: 1 } }, { a: 1, other: { x: 1, X: 2 } }).truth).toBe(true);
  });

  it('look into arrays, and not into texts that hold JSON', () => {
    expect(decide({ '/l/1': { equals: 'b' } }, { l: ['a', 'b'] }).truth).toBe(true);
    expect(decide({ '/l/2': { absent: true } }, { l: ['a', 'b'] }).truth).toBe(true);
    expect(decide({ '/l/-': { absent: true } }, { l: ['a'] }).truth).toBeUndefined();
    expect(decide({ '/o/path': { absent: true } }, { o: '{"path": "/etc"}' }).truth).toBeUndefined();
    expect(decide({ '/o/path': { absent: true } }, { o: null }).truth).toBe(true);
    expect(decide({ '': { type: 'object' } }, {}).truth).toBe(true);
  });

  it('take keys for nothing but keys', () => {
    expect(decide({ '/__proto__': { equals: 1 } }, '{"__proto__": 1}').truth).toBeUndefined();
    expect(decide({ '/constructor': { absent: true } }, {}).truth).toBe(true);
    expect(decide({ '/toString': { absent: false } }, {}).truth).toBe(false);
  });

  it('are in doubt where the arguments are not known, or no JSON', () => {
    const condition = compileCondition({ '/x': { absent: true } }, undefined);
    expect(condition?.decide({}, 'a', 's', 't').truth).toBeUndefined();
    expect(condition?.decide({ args: new CallArguments('{') }, 'a', 's', 't').truth).toBeUndefined();
    expect(compileCondition({}, undefined)).toBeUndefined();
  });
});

test('pointers are those of RFC 6901', () => {
  expect(parsePointer('')).toEqual([]);
  expect(parsePointer('/a~1b/m~0n/')).toEqual(['a/b', 'm~n', '']);
  expect(parsePointer('a')).toBeUndefined();
  expect(parsePointer('/a~2')).toBeUndefined();
  expect(lookUp({ '': 1 }, [''])).toEqual({ value: 1 });
});

it('nobody can tell what a member is where the prototype of its object is one: programs may look there too', () => {
  const cases: readonly (readonly [string, ArgumentMatchers])[] = [
    ['{"__proto__":{"to":"x"}}', { '/to': { absent: true } }],
    ['{"to":"a","__proto__":{"to":"x"}}', { '/to': { equals: 'a' } }],
    ['{"to":{"__proto__":{"x":1}}}', { '/to': { equals: {} } }],
    ['{"to":{"__proto__":{"x":1}}}', { '/to/x': { absent: true } }],
  ];
  for (const [args, matchers] of cases) {
    const condition = compileCondition(matchers, undefined);
    expect(condition?.decide({ args: new CallArguments(args) }, 'a', 's', 't').truth, args).not.toBe(true);
  }
});
