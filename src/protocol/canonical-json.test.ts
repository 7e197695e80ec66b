import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

/** The example of RFC 8785, section 3.2.2. */
const EXAMPLE = `{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
  "literals": [null, true, false]
}`;

/** The keys of section 3.2.3 in their order. */
const SORTED = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];

describe('canonicalJson', () => {
  it('writes what the RFC writes', () => {
    expect(canonicalJson(EXAMPLE)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const keys = [...SORTED].reverse().map((key) => `${JSON.stringify(key)}: 0`);
    expect(canonicalJson(`{${keys.join(' , ')}}`)).toBe(`{${SORTED.map((key) => `${JSON.stringify(key)}:0`).join()}}`);
  });

  it.each([
    ['-0', '0'],
    ['0.0', '0'],
    ['1e21', '1e+21'],
    ['100', '100'],
    ['1E2', '100'],
    ['123.4560e-2', '1.23456'],
    ['9007199254740993', '9007199254740993'],
    ['1e400', '1e400'],
    ['1e999999999999', '1e999999999999'],
    ['333333333.33333329', '333333333.3333333'],
    ['1000000000000000000000000', '1e+24'],
    ['1000000000000000000000001', '1000000000000000000000001'],
    ['295147905179352830000', '295147905179352830000'],
  ])('%s is %s', (token, written) => {
    expect(canonicalJson(token)).toBe(written);
  });

  it('keeps apart what parsers make one of', () => {
    expect(canonicalJson('{"a":1,"b":2,"a":3}')).toBe('{"a":1,"a":3,"b":2}');
    expect(canonicalJson('12345678901234567890')).not.toBe(canonicalJson('12345678901234567891'));
    expect(canonicalJson('"\\ud800"')).toBe('"\\ud800"');
    expect(canonicalJson('{"__proto__":{"b":1,"a":2}}')).toBe('{"__proto__":{"a":2,"b":1}}');
  });

  it('says the same, whatever the order and the white space, and is its own form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(), (value, seed) => {
        const form = canonicalJson(JSON.stringify(value));
        expect(JSON.parse(form)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.stringify(shuffled(value, seed), null, seed % 5))).toBe(form);
        expect(canonicalJson(form)).toBe(form);
      }),
    );
  });
});

function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((element) => shuffled(element, seed));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, shuffled(member, seed)] as const);
  return Object.fromEntries(seed % 2 === 0 ? members.reverse() : members);
}
