import { expect, it, test } from 'vitest';
import { compileExpression } from './cel.ts';
import type { Truth } from './truth.ts';

function holds(source: string, args: unknown): Truth {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  const now = Date.UTC(2026, 10, 30, 12);
  const names = { agent: 'dev', principal: 'me', server: 'db', tool: 'query', now };
  return compiled.expression.holds({ args: JSON.parse(text), size: text.length, ...names });
}

const SQL = "size(args.sql) < 20 && !args.sql.matches('(?i)\\\\b(drop|alter)\\\\b')";

test.each<[string, unknown, Truth]>([
  [SQL, { sql: 'select 1' }, true],
  [SQL, { sql: 'DROP x' }, false],
  [SQL, { sql: 'x'.repeat(20) }, false],
  [SQL, {}, undefined],
  [SQL, { sql: 5 }, undefined],
  [SQL, { sql: 'select 1', SQL: 'drop' }, undefined],
  [SQL, { Sql: 'select 1' }, undefined],
  [SQL, { sql: 'select 1', x: { y: 1, Y: 2 } }, undefined],
  ['args.n > 5', { n: 6 }, true],
  ['args.n > 5', { n: '6' }, undefined],
  ['args.n > 5', '{"n": 9007199254740993}', undefined],
  ['args.n == 5 && int(args.n) + 1 == 6', { n: 5 }, true],
  ["args.to.all(x, x.endsWith('@example.com'))", { to: ['a@example.com'] }, true],
  ["args.to.all(x, x.endsWith('@example.com'))", { to: ['a@evil.com'] }, false],
  ["args.to.all(x, x.endsWith('@example.com'))", { to: 'a@example.com' }, undefined],
  ["args.to.exists(x, x.matches('^a.*b$'))", { to: ['x', 'aXb'] }, true],
  ['!has(args.path)', {}, true],
  ['!has(args.path)', { path: 1 }, false],
  ['!has(args.path)', { Path: 1 }, undefined],
  ["!('path' in args)", { PATH: 1 }, undefined],
  ["args['__proto__'] == 1", '{"__proto__": 1}', undefined],
  ['has(args.constructor)', {}, false],
  ["type(args.x) == string && args.x in ['a', 'b']", { x: 'a' }, true],
  ["agent == 'dev' && principal == 'me' && server == 'db' && tool == 'query'", {}, true],
  ["now.getHours('Europe/Berlin') == 13 && now > timestamp('2026-01-01T00:00:00Z')", {}, true],
  ['args.flag', { flag: true }, true],
  ['args.flag', { flag: 'true' }, undefined],
  ['args.missing == 1 || args.x == 1', { x: 1 }, true],
  ['args.l.all(x, args.l.all(y, x == y))', { l: [1, 1] }, true],
  ['args.l.all(x, args.l.all(y, x == y))', { l: Array(500).fill(1) }, undefined],
])('%s, about %j: %j', (source, args, expected) => {
  expect(holds(source, args)).toBe(expected);
});

test.each([
  ['args.', 'is no valid CEL'],
  ['1 + 1', 'must be true or false'],
  ['args', 'must be true or false'],
  ["agent + 1 == 'x'", 'is no valid CEL'],
  ['foo == 1', '"foo"'],
  ['args.s.matches(args.t)', 'written out'],
  ['args.s.contains(args.t)', 'written out'],
  ["args.s.matches('(?=a)')", 'not linear'],
  ["args.s.matches('(a')", 'nothing closes'],
  ["args.s.matchesLinearly('a')", 'not among those'],
  ["bytes('x') == b'x'", 'not among those'],
  ["args.l.join(',') == ''", 'not among those'],
  ['cel.bind(x, 1, x == 1)', '"cel"'],
  ["now.getHours('Mars') == 1", 'time zone'],
  [`args.s == '${'a'.repeat(5000)}'`, '4096'],
  [`${'('.repeat(60)}true${')'.repeat(60)}`, 'is no valid CEL'],
])('%s is refused: %s', (source, problem) => {
  expect(compileExpression(source)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
});

it('is written as it was read', () => {
  const compiled = compileExpression(SQL);
  expect(JSON.parse(JSON.stringify(compiled))).toEqual({ ok: true, expression: SQL });
});

it('ends, whatever it is about', () => {
  const long = 'a'.repeat(500_000);
  expect(holds("args.s.matches('(a+)+$') || args.s.trim() == '' || args.s.contains('b')", { s: `${long}!` })).toBe(
    false,
  );
  expect(holds('args.s.size() > 5', { s: 'a'.repeat(1 << 20) })).toBeUndefined();
});
