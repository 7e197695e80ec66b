import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { expect, it } from 'vitest';
import { insertMember, removeMember } from './insert-member.ts';

const CASES_THERE_AND_BACK = [
  '{\n  "principals": {\n    "x": {"stdio": true} // last\n  }\n}',
  '{\n  "principals": {\n    "x": {"stdio": true}, // last\n  }\n}\n',
  '{\r\n\t"principals": {\r\n\t\t"x": {\r\n\t\t\t"stdio": true\r\n\t\t}\r\n\t}\r\n}',
];
const ENTRY = { token_sha256: 'ab', may_assume: ['dev'] };
const ONE = '{ "token_sha256": "ab", "may_assume": ["dev"] }';
const put = (text: string): string => insertMember(text, ['principals'], 'ci', ENTRY);

it.each([
  ['one line', '{"agents": {"dev": {}}}', `{"agents": {"dev": {}}, "principals": { "ci": ${ONE} }}`],
  ['one line, an empty object', '{"principals": {}}', `{"principals": {"ci": ${ONE}}}`],
  [
    'neighbours of one line each, and a comment behind the last',
    '{\r\n  "principals": {\r\n    /* a */ "x": {"stdio": true} // last\r\n  }\r\n}',
    `{\r\n  "principals": {\r\n    /* a */ "x": {"stdio": true}, // last\r\n    "ci": ${ONE}\r\n  }\r\n}`,
  ],
  [
    'a comma at the end',
    '{\n  "principals": {\n    "x": {"stdio": true}, // last\n  },\n  "agents": { "dev": {} } // all\n}\n',
    `{\n  "principals": {\n    "x": {"stdio": true}, // last\n    "ci": ${ONE},\n  },\n  "agents": { "dev": {} } // all\n}\n`,
  ],
  [
    'tabs, and neighbours of several lines',
    '{\n\t"principals": {\n\t\t"x": {\n\t\t\t"stdio": true\n\t\t}\n\t}\n}\n',
    '{\n\t"principals": {\n\t\t"x": {\n\t\t\t"stdio": true\n\t\t},\n\t\t"ci": {\n\t\t\t"token_sha256": "ab",\n\t\t\t"may_assume": ["dev"]\n\t\t}\n\t}\n}\n',
  ],
  [
    'no principals yet, four spaces, a comment',
    '{\n    "agents": { "dev": {} }, // c\n}\n',
    `{\n    "agents": { "dev": {} }, // c\n    "principals": { "ci": ${ONE} },\n}\n`,
  ],
  [
    'an object with nothing but a comment',
    '{\n  "principals": {\n    // nobody yet\n  }\n}',
    '{\n  "principals": {\n    "ci": {\n      "token_sha256": "ab",\n      "may_assume": ["dev"]\n    }\n    // nobody yet\n  }\n}',
  ],
])('%s', (_name, before, after) => expect(put(before)).toBe(after));

it('property: the file says the same as before, and the new member; every comment and line stays', () => {
  const name = fc.constantFrom('a', 'b', 'x"y', 'é', 'agents');
  const gap = fc.constantFrom('', ' ', '\n', '\n  ', ' /* c */ ', ' // l\n', '\t');
  const leaf = fc.constantFrom('1', '"s"', 'true', '[]', '["q"]', '{}');
  const member = fc
    .tuple(gap, name, gap, leaf, gap)
    .map(([a, key, b, value, c]) => [key, `${a}${JSON.stringify(key)}:${b}${value}${c}`] as const);
  const object = fc
    .tuple(fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 4 }), gap, fc.boolean())
    .map(([all, end, comma]) => {
      const body = all.map(([, text]) => text).join(',');
      return `{${body}${comma && all.length > 0 ? ',' : ''}${end}}`;
    });
  fc.assert(
    fc.property(object, gap, fc.boolean(), (inner, around, nested) => {
      const text = nested ? `{"z": 1,${around}"principals": ${inner}${around}}` : inner;
      const made = put(text);
      const expected = parse(text, [], { allowTrailingComma: true }) as Record<string, object>;
      expected['principals'] = { ...expected['principals'], ci: ENTRY };
      const errors: never[] = [];
      expect(parse(made, errors, { allowTrailingComma: true })).toEqual(expected);
      expect(errors).toEqual([]);
      const again = parse(removeMember(made, ['principals'], 'ci'), errors, { allowTrailingComma: true });
      expect(again).toEqual({ ...expected, principals: { ...expected['principals'], ci: undefined } });
      expect(errors).toEqual([]);
      for (const comment of ['/* c */', '// l']) expect(made.split(comment)).toHaveLength(text.split(comment).length);
    }),
    { numRuns: 2000 },
  );
});

it.each(CASES_THERE_AND_BACK)('added and removed, it is the same text: %s', (text) => {
  expect(removeMember(put(text), ['principals'], 'ci')).toBe(text);
});

it.each([
  ['{"principals": {"ci": 1, "x": 2}}', '{"principals": { "x": 2}}'],
  ['{"principals": {"ci": 1, }}', '{"principals": { }}'],
  [
    '{\n  "principals": {\n    "ci": {\n      "a": 1\n    },\n    // x\n    "x": 2\n  }\n}',
    '{\n  "principals": {\n    // x\n    "x": 2\n  }\n}',
  ],
  ['{"principals": {"x": 2 /* , */, "ci": 1}}', '{"principals": {"x": 2 /* , */ }}'],
])('without it: %s', (text, after) => expect(removeMember(text, ['principals'], 'ci')).toBe(after));
