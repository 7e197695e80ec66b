import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { compileRegExp } from './linear-regexp.ts';
import { RegExpProblem } from './regexp-syntax.ts';

test.each([
  ['abc', 'xabcx', true],
  ['^abc$', 'abc', true],
  ['^abc$', 'abcd', false],
  ['(?i)DROP|alter', 'then Drop it', true],
  ['(?i)\\bdrop\\b', 'x DROP y', true],
  ['\\bdrop\\b', 'xdrop', false],
  ['\\Bb', 'ab', true],
  ['^a{2,3}$', 'aaaa', false],
  ['a{2,}', 'ba', false],
  ['[^a-c]', 'abc', false],
  ['[\\d-]+x', '1-x', true],
  ['[]a]', ']', true],
  ['[\\]\\-]', '-', true],
  ['a|b|', '', true],
  ['^(?:a|b)+?$', 'abab', true],
  ['^.$', '\n', false],
  ['(?s)^.$', '\n', true],
  ['^.$', '😀', true],
  ['\\.\\x41\\x{1F600}', '.A😀', true],
  ['^$', '', true],
  ['(?i)k', '\u212a', true],
  ['(?i)[à-ý]', 'É', true],
  ['^\\S+$', 'a b', false],
  ['[^\\d]', '5', false],
])('%j occurs in %j: %j', (source, text, expected) => {
  expect(compileRegExp(source)(text)).toBe(expected);
});

test.each([
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '(?P<n>a)',
  'a\\1',
  '\\pL',
  '[[:alpha:]]',
  '(a',
  'a)',
  '[a',
  '*a',
  'a{1000}',
  'a{',
  'a{2,1}',
  '[b-a]',
  '\\',
  '(?m)a',
  '((a{200}){200}){200}',
  '\\A',
])('refuses %j', (source) => {
  expect(() => compileRegExp(source)).toThrow(RegExpProblem);
});

it('agrees with the expressions of JavaScript', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\W', '\\d', '\\b', '^', '$', 'ab');
  const source = fc.letrec<{ all: string; one: string }>((tie) => ({
    one: fc.oneof(
      { weight: 4, arbitrary: atom },
      tie('all').map((inner) => `(?:${inner})`),
      fc
        .tuple(
          fc.constantFrom('a', 'b', '.', '(?:ab|b)', '[^b]'),
          fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?', '{0,}'),
        )
        .map((parts) => parts.join('')),
    ),
    all: fc
      .tuple(fc.array(tie('one'), { maxLength: 4 }), fc.array(tie('one'), { maxLength: 2 }), fc.boolean())
      .map(([one, other, isEither]) => one.join('') + (isEither ? `|${other.join('')}` : '')),
  })).all;
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n', '😀'), maxLength: 12 });
  fc.assert(
    fc.property(source, fc.array(text, { minLength: 5, maxLength: 5 }), (expression, texts) => {
      const occurs = compileRegExp(expression);
      const expected = new RegExp(expression, 'u');
      for (const one of texts) expect([one, occurs(one)]).toEqual([one, expected.test(one)]);
    }),
    { numRuns: 2000 },
  );
});

it('has no bad cases: with backtracking these do not end', () => {
  const text = 'a'.repeat(100_000);
  for (const source of ['(a+)+$', '(a|aa)+b', '(?:a*)*b', '^(a?){50}a{50}b', '(?:.*a){20}b']) {
    compileRegExp(source)(`${text}!`);
  }
});
