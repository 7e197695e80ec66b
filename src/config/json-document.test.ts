import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_FILE_BYTES } from './file-text.ts';
import { MAX_FILE_DEPTH, parseDocument, toValue } from './json-document.ts';

const parse = (text: string | Uint8Array) =>
  parseDocument('f.json', typeof text === 'string' ? Buffer.from(text) : text);

function documentOf(text: string) {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

function problemsOf(text: string | Uint8Array) {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems;
}

test('comments, trailing commas and a byte-order mark are accepted', () => {
  const document = documentOf('\ufeff// first\n{ "a": [1, /* two */ 2,], "b": {"c": null,}, }');
  expect(toValue(document.root)).toEqual(
    new Map<string, unknown>([
      ['a', [1, 2]],
      ['b', new Map([['c', null]])],
    ]),
  );
});

test('every path has its line and column, counted from 1 and without the byte-order mark', () => {
  const document = documentOf('\ufeff{\r\n  "agents": {\n    "x": ["é", "b"]\r  }\n}');
  expect(document.place(['agents'], 'key')).toEqual({ line: 2, column: 3 });
  expect(document.place(['agents', 'x', 1])).toEqual({ line: 3, column: 16 });
  expect(document.place(['agents', 'x', 'nothing', 'here'])).toEqual({ line: 3, column: 10 });
  expect(document.place([])).toEqual({ line: 1, column: 1 });
});

test.each([
  ['{"a": 1 "b": 2}', 1, 9, /comma is missing/i],
  ['{"a" 1}', 1, 6, /colon is missing/i],
  ['{\n  a: 1\n}', 2, 3, /not JSON/i],
  ['{"a": }', 1, 7, /value is missing/i],
  ['{"a": 1,, "b": 2}', 1, 9, /key in double quotes/i],
  ['{"a": [1, 2}', 1, 12, /not closed|comma/i],
  ['{"a": 1', 1, 8, /not closed/i],
  ['{"a": 1} 2', 1, 10, /follows/i],
  ['{"a": "\\q"}', 1, 7, /escape/i],
  ['{"a": "\\u12"}', 1, 7, /hexadecimal/i],
  ['{"a": "x\ty"}', 1, 7, /control character/i],
  ['{"a": "x', 1, 7, /not closed/i],
  ['/* x', 1, 1, /comment is not closed/i],
  ['', 1, 1, /value is missing|empty/i],
  ['// nothing', 1, 11, /value is missing|empty/i],
])('%j is refused with the place and a fix', (text, line, column, message) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ severity: 'error', file: 'f.json', line, column });
  expect(problems[0]?.message).toMatch(message);
  expect(problems[0]?.fix).not.toBe('');
});

test('a duplicate key is an error at any depth, at the place of the second', () => {
  expect(problemsOf('{"a": {"b": [{"c": 1,\n "c": 2}]}, "a": 3}')).toMatchObject([
    { line: 2, column: 2, message: 'Duplicate key "c"' },
    { line: 2, column: 13, message: 'Duplicate key "a"' },
  ]);
});

test('keys that differ only in their escapes are duplicates', () => {
  expect(problemsOf('{"deny": 1, "\\u0064eny": 2}')).toMatchObject([{ column: 13, message: 'Duplicate key "deny"' }]);
});

test.each([
  [[0x7b, 0x22, 0xc3, 0xa9, 0xff, 0x22, 0x7d], { line: 1, column: 4 }],
  [[0x7b, 0x0a, 0x20, 0xc3, 0x28, 0x7d], { line: 2, column: 2 }],
  [[0x22, 0xed, 0xa0, 0x80, 0x22], { line: 1, column: 2 }],
  [[0xff, 0xfe, 0x7b, 0x00], { line: 1, column: 1 }],
  [[0xef, 0xbf, 0xbd, 0xc0, 0xaf], { line: 1, column: 2 }],
])('invalid UTF-8 %j is an error with its place', (bytes, place) => {
  expect(problemsOf(Uint8Array.from(bytes))).toMatchObject([{ ...place, message: 'Not valid UTF-8' }]);
});

test('a file over 4 MiB is refused, one of exactly 4 MiB is not', () => {
  const padding = (bytes: number) => `{}${' '.repeat(bytes - 2)}`;
  expect(problemsOf(padding(MAX_FILE_BYTES))).toEqual([]);
  expect(problemsOf(padding(MAX_FILE_BYTES + 1))).toMatchObject([{ line: 1, column: 1 }]);
});

test('depth is limited, without a stack overflow in a file of brackets', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(problemsOf(nested(MAX_FILE_DEPTH))).toEqual([]);
  expect(problemsOf(nested(MAX_FILE_DEPTH + 1))).toMatchObject([{ column: MAX_FILE_DEPTH + 1 }]);
  expect(problemsOf('['.repeat(1_000_000))).toHaveLength(1);
  expect(problemsOf('{"a":'.repeat(500_000))).toHaveLength(1);
});

test('__proto__ and constructor are ordinary keys', () => {
  const document = documentOf('{"__proto__": {"polluted": true}, "constructor": 1}');
  expect(toValue(document.root)).toEqual(
    new Map<string, unknown>([
      ['__proto__', new Map([['polluted', true]])],
      ['constructor', 1],
    ]),
  );
  expect(document.place(['__proto__', 'polluted'])).toEqual({ line: 1, column: 28 });
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('parsing never throws: random bytes, random text, broken JSON', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parse(bytes)));
  const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 })).map(([json, at, noise]) => {
    const cut = at % (json.length + 1);
    return json.slice(0, cut) + noise + json.slice(cut + 1);
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), broken), (text) => {
      const parsed = parse(text);
      if (parsed.ok) return;
      expect(parsed.problems.length).toBeGreaterThan(0);
      for (const { line, column } of parsed.problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(column).toBeGreaterThanOrEqual(1);
      }
    }),
  );
});

test('what JSON.parse reads, with keys that occur once, is read the same', () => {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return new Map(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  };
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(toValue(documentOf(json).root)).toEqual(plain(JSON.parse(json)));
    }),
  );
});
