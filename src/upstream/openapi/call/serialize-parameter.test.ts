import fc from 'fast-check';
import { parseTemplate } from 'url-template';
import { describe, expect, it } from 'vitest';
import type { ParameterPlan, Writing } from '../call-plan.ts';
import { looseValue } from './loose-value.ts';
import { headerText, pairsOf, pathText } from './serialize-parameter.ts';

const terms = (style: ParameterPlan['style'], explode: boolean, more: Partial<Writing> = {}): Writing => ({
  name: 'p',
  style,
  explode,
  allowReserved: false,
  isJson: false,
  ...more,
});
const argument = (value: unknown) => {
  const json = JSON.stringify(value);
  return { json, value: looseValue(json) };
};
const text = fc.string({ minLength: 1, unit: 'grapheme' });
const scalar = fc.oneof(text, fc.integer(), fc.boolean());
const list = fc.array(scalar, { minLength: 1, maxLength: 4 });
const object = fc.dictionary(text, scalar, { minKeys: 1, maxKeys: 4 });
const value = fc.oneof(scalar, list, object);

/** RFC 6570 is what OpenAPI refers to; `p*` is a value that is exploded. */
const expanded = (template: string, given: unknown): string =>
  parseTemplate(template)
    .expand({ p: given as string })
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

describe('values are written as RFC 6570 expands them', () => {
  it.each([
    ['simple', false, '{p}'],
    ['simple', true, '{p*}'],
    ['label', false, '{.p}'],
    ['label', true, '{.p*}'],
    ['matrix', false, '{;p}'],
    ['matrix', true, '{;p*}'],
  ] as const)('%s, explode %s, in paths', (style, explode, template) => {
    fc.assert(
      fc.property(value, (given) => {
        expect(pathText(terms(style, explode), argument(given))).toBe(expanded(template, given));
      }),
    );
  });

  it.each([
    [false, '{?p}'],
    [true, '{?p*}'],
  ] as const)('form, explode %s, in queries', (explode, template) => {
    fc.assert(
      fc.property(value, (given) => {
        expect(`?${pairsOf(terms('form', explode), argument(given)).join('&')}`).toBe(expanded(template, given));
      }),
    );
  });
});

it('whatever a query is made of, a reader of forms reads the values again', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.boolean(), (given, allowReserved) => {
      const pairs = pairsOf(terms('form', true, { allowReserved }), argument(given));
      expect([...new URLSearchParams(pairs.join('&'))]).toEqual(given.map((each) => ['p', each]));
    }),
  );
});

it.each([
  ['spaceDelimited', false, ['a', 'b'], 'p=a%20b'],
  ['pipeDelimited', false, ['a', 'b|c'], 'p=a%7Cb%7Cc'],
  ['pipeDelimited', true, ['a', 'b'], 'p=a&p=b'],
  ['deepObject', true, { a: 1, 'x&y': { b: [true, 'c'] }, gone: null }, 'p[a]=1&p[x%26y][b][0]=true&p[x%26y][b][1]=c'],
  ['form', true, [], ''],
  ['form', false, { a: 1, b: [2, 3] }, 'p=a,1,b,%5B%222%22%2C%223%22%5D'],
] as const)('%s, explode %s: %j', (style, explode, given, expected) => {
  expect(pairsOf(terms(style, explode), argument(given)).join('&')).toBe(expected);
});

it('numbers keep their digits, JSON stays as it is', () => {
  const json = '{"n": 12345678901234567890.10}';
  expect(pairsOf(terms('form', true), { json: '9007199254740993', value: looseValue('9007199254740993') })).toEqual([
    'p=9007199254740993',
  ]);
  expect(pairsOf(terms('form', true, { isJson: true }), { json, value: looseValue(json) })).toEqual([
    `p=${encodeURIComponent(json)}`,
  ]);
  expect(headerText(terms('simple', true), argument({ a: 1, b: 'x' }))).toBe('a=1,b=x');
});

it('reserved characters stay, but for those that separate', () => {
  const [pair] = pairsOf(terms('form', true, { allowReserved: true }), argument('a/b?c:d@[e]&f=g+h#i%20'));
  expect(pair).toBe('p=a/b?c:d@[e]%26f%3Dg%2Bh%23i%2520');
});
