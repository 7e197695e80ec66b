import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compact, elements, innerText, keepMembers, oneLine } from './json-text.ts';
import { findMember, type Shape } from './members.ts';
import { scanObject } from './scan.ts';
import { ScanError } from './scan-error.ts';

const LENIENT = { maxDepth: 64, uniqueKeys: false };
const STRICT = { maxDepth: 64, uniqueKeys: true };

function accepts(text: string): boolean {
  try {
    scanObject(text, {}, LENIENT);
    return true;
  } catch (error) {
    if (error instanceof ScanError) return false;
    throw error;
  }
}

function jsonAccepts(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function reason(text: string, options = STRICT): string | undefined {
  try {
    scanObject(text, {}, options);
    return undefined;
  } catch (error) {
    return error instanceof ScanError ? error.reason : 'other';
  }
}

/** Characters that JSON texts are made of, and some that break them. */
const soup = fc.string({
  unit: fc.constantFrom(...'{}[]",:\\/0123456789.eE+-truefalsn \t\n\r\u0000\u001f\u007fué\u2028\ud83d\ude00'.split('')),
  maxLength: 24,
});

describe('scanObject', () => {
  it('accepts exactly the objects that JSON.parse accepts', () => {
    const texts = fc.oneof(
      fc.json({ maxDepth: 5 }),
      fc.object({ maxDepth: 4 }).map((value) => JSON.stringify(value, null, 1)),
      soup,
      soup.map((inner) => `{"a":${inner}}`),
      soup.map((inner) => `{"a":"${inner}"}`),
      soup.map((inner) => `{${inner}}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(accepts(text)).toBe(jsonAccepts(text));
      }),
      { numRuns: process.env['LONG'] === '1' ? 20_000 : 5_000 },
    );
  });

  it('accepts exactly what JSON.parse accepts in long strings, wherever something stands in them', () => {
    const places = fc.array(
      fc.tuple(fc.nat(400), fc.constantFrom('"', '\\', '\\n', '\\"', '\n', '\u0000', '\u001f', 'é', '\ud800')),
      {
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(places, (inserted) => {
        let long = 'x'.repeat(400);
        for (const [at, piece] of inserted) long = long.slice(0, at) + piece + long.slice(at);
        const text = `{"a":"${long}","b":[1]}`;
        expect(accepts(text)).toBe(jsonAccepts(text));
      }),
    );
  });

  it('accepts exactly what JSON.parse accepts after one character of a valid text was changed', () => {
    const mutation = fc.record({ value: fc.object({ maxDepth: 3 }), at: fc.nat(), with: soup });
    fc.assert(
      fc.property(mutation, ({ value, at, with: replacement }) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        const broken = text.slice(0, cut) + replacement.slice(0, 2) + text.slice(cut + 1);
        expect(accepts(broken)).toBe(jsonAccepts(broken));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    "{'a':1}",
    '{a:1}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":tru}',
    '{"a":nulll}',
    '{"a":"\\x41"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u12"}',
    '{"a":"tab\there"}',
    '{"a":"line\nbreak"}',
    '{"a":"open}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    '\ufeff{"a":1}',
    '{"a":1 /* no */}',
    '{"a":undefined}',
    '[]',
    '"text"',
    '1',
    'null',
  ])('refuses %j', (text) => {
    expect(reason(text)).toBe('syntax');
  });

  it('remembers the exact text of the members that the shape names', () => {
    const shape: Shape = { params: { _meta: {} } };
    const values = fc.record({ id: fc.jsonValue(), params: fc.object({ maxDepth: 3 }), other: fc.jsonValue() });
    fc.assert(
      fc.property(values, fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const root = scanObject(text, shape, LENIENT);
        for (const member of root.members) {
          const parsed: unknown = JSON.parse(text.slice(member.start, member.end));
          expect(parsed).toEqual(JSON.parse(JSON.stringify(value))[member.key]);
        }
        const params = findMember(root, 'params')?.object;
        expect(params?.members.map((member) => member.key)).toEqual(
          Object.keys(JSON.parse(JSON.stringify(value.params))),
        );
        expect(JSON.parse(`{${params === undefined ? '' : innerText(text, params)}}`)).toEqual(
          JSON.parse(JSON.stringify(value.params)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('decodes escapes in keys, so that an escaped key cannot hide from a decision', () => {
    const root = scanObject('{"na\\u006de":"x"}', {}, LENIENT);
    expect(findMember(root, 'name')).toBeDefined();
  });

  it('names such as __proto__ and constructor are ordinary keys and not shapes', () => {
    const root = scanObject('{"__proto__":{"a":1},"constructor":{"b":2}}', {}, LENIENT);
    expect(root.members.map((member) => [member.key, member.object])).toEqual([
      ['__proto__', undefined],
      ['constructor', undefined],
    ]);
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[{"b":1,"c":2,"b":3}]}',
    `{${Array.from({ length: 40 }, (_, index) => `"k${index}":0`).join(',')},"k3":1}`,
  ])('refuses a duplicate key at any depth: %s', (text) => {
    expect(reason(text)).toBe('duplicate');
    expect(reason(text, LENIENT)).toBeUndefined();
  });

  it('two keys that differ are no duplicates, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.constant(0), { maxKeys: 30 }), (value) => {
        expect(reason(JSON.stringify(value))).toBeUndefined();
      }),
    );
  });

  it('refuses depth over the limit before anything recurses that deep', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(reason(nested(64))).toBeUndefined();
    expect(reason(nested(65))).toBe('depth');
    expect(reason(`{"a":${'['.repeat(1_000_000)}`)).toBe('depth');
  });
});

describe('operations on scanned text', () => {
  it('keepMembers leaves the text of what is kept untouched', () => {
    const text = '{ "a" : 1e400 , "_drop":{"x":[1,2]}, "b":\t"\\ud800" }';
    const root = scanObject(text, {}, LENIENT);
    expect(keepMembers(text, root, (key) => key !== '_drop')).toBe('"a" : 1e400,"b":\t"\\ud800"');
    expect(keepMembers(text, root, () => true)).toBe(innerText(text, root));
    expect(keepMembers(text, root, () => false)).toBe('');
  });

  it('elements gives each element of an array as it stands', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.nat(3), (values, indent) => {
        const text = JSON.stringify(values, null, indent);
        expect(elements(text).map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('compact and oneLine change nothing but white space between tokens', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const pretty = JSON.stringify(value, null, 2);
        expect(compact(pretty)).toBe(JSON.stringify(value));
        expect(oneLine(pretty)).not.toMatch(/[\r\n]/);
        expect(JSON.parse(oneLine(pretty))).toEqual(JSON.parse(pretty));
      }),
    );
    expect(compact('{ "a" : 100000000000000000001 , "b":"x  y\\"  z" }')).toBe(
      '{"a":100000000000000000001,"b":"x  y\\"  z"}',
    );
  });
});

it('takes objects with 100,000 keys, and more only where nobody looks at them', () => {
  const withKeys = (count: number): string => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`)}}`;
  const scan = (text: string, uniqueKeys: boolean) => scanObject(text, { a: {} }, { maxDepth: 9, uniqueKeys });
  expect(scan(withKeys(100_000), true).members).toHaveLength(100_000);
  for (const text of [withKeys(100_001), `{"x":[${withKeys(100_001)}]}`]) {
    expect(() => scan(text, true)).toThrow('more than 100000 keys');
  }
  expect(() => scan(`{"a":${withKeys(100_001)}}`, false)).toThrow(ScanError);
  expect(scan(`{"x":${withKeys(100_001)}}`, false).members).toHaveLength(1);
});
