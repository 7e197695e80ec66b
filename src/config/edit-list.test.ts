import fc from 'fast-check';
import { parse, parseTree } from 'jsonc-parser';
import { expect, it } from 'vitest';
import { editList } from './edit-list.ts';

it.each([
  ['flat, replaced', '{"a": ["*"]}', ['x', 'y'], '{"a": ["x", "y"]}'],
  ['flat, first goes', '{"a": ["*", "x"]}', ['x'], '{"a": ["x"]}'],
  ['flat, last goes', '{"a": ["x", "*"]}', ['x'], '{"a": ["x"]}'],
  ['flat, one between', '{"a": ["x", "*", "y"]}', ['x', 'y'], '{"a": ["x", "y"]}'],
  ['all go', '{"a": [ "x" ]}', [], '{"a": [  ]}'],
  ['empty, filled', '{"a": []}', ['x', 'y'], '{"a": ["x", "y"]}'],
  ['nothing to do', '{"a": [ "x" , "y" ]}', ['y', 'x'], '{"a": [ "x" , "y" ]}'],
  ['doubled', '{"a": ["x", "x"]}', ['x'], '{"a": ["x"]}'],
  [
    'a line each, with comments',
    '{\r\n  "a": [\r\n    // on x\r\n    "x", // x\r\n    "y", // y\r\n    "z" // z\r\n  ]\r\n}',
    ['x', 'n', 'm'],
    '{\r\n  "a": [\r\n    // on x\r\n    "x", // x\r\n    "n",\r\n    "m"\r\n  ]\r\n}',
  ],
  [
    'a line each, a comma at the end',
    '{\n\t"a": [\n\t\t"x",\n\t\t"y", /* y */\n\t],\n}',
    ['y', 'n'],
    '{\n\t"a": [\n\t\t"y", /* y */\n\t\t"n",\n\t],\n}',
  ],
])('%s', (_name, before, values, after) => expect(editList(before, ['a'], values)).toBe(after));

it('property: the list holds the values, and every comment on a line of its own or of what stays is there', () => {
  const name = fc.constantFrom('a', 'b', 'c*', 'é"', '//', '/*', ']');
  const gap = fc.constantFrom('', ' ', '\n', '\n  ', '\n  // own line\n  ', ' /* b */ ', '\r\n\t');
  const item = fc.tuple(gap, name, gap).map(([a, value, b]) => [value, `${a}${JSON.stringify(value)}${b}`] as const);
  const list = fc
    .tuple(fc.array(item, { maxLength: 5 }), gap, fc.boolean())
    .map(
      ([all, end, comma]) => `[${all.map(([, text]) => text).join(',')}${comma && all.length > 0 ? ',' : ''}${end}]`,
    );
  fc.assert(
    fc.property(list, gap, fc.uniqueArray(name), (inner, around, values) => {
      const text = `{"z": 1,${around}"p": {"q":${inner}${around}}}`;
      const made = editList(text, ['p', 'q'], values);
      const errors: never[] = [];
      expect(parseTree(made, errors, { allowTrailingComma: true })).toBeDefined();
      expect(errors).toEqual([]);
      const before = parse(text, [], { allowTrailingComma: true });
      const after = parse(made, [], { allowTrailingComma: true });
      expect(new Set(after.p.q)).toEqual(new Set(values));
      expect(after.p.q).toHaveLength(values.length);
      expect({ ...after, p: 0 }).toEqual({ ...before, p: 0 });
      expect(editList(made, ['p', 'q'], values)).toBe(made);
    }),
    { numRuns: 500 },
  );
});
