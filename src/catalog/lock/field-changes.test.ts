import { expect, it } from 'vitest';
import { fieldChanges } from './field-changes.ts';

const changes = (before: object | undefined, after: object | undefined) =>
  fieldChanges(before && JSON.stringify(before), after && JSON.stringify(after));

it('says what changed in the words of whoever uses a tool', () => {
  const before = {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: { type: 'object', properties: { a: {}, o: { properties: { deep: { type: 'string' } } } } },
    annotations: { readOnlyHint: true },
  };
  const after = {
    name: 'add',
    description: 'Adds.',
    inputSchema: {
      type: 'object',
      properties: { a: {}, o: { properties: { deep: { type: 'number' } } }, note: { description: 'Anything.' } },
      required: ['note'],
    },
    annotations: { readOnlyHint: false },
  };
  expect(changes(before, after)).toEqual([
    { field: 'description', before: '"Adds two numbers."', after: '"Adds."' },
    { field: 'argument "o": field "deep": type', before: '"string"', after: '"number"' },
    { field: 'argument "note": description', before: undefined, after: '"Anything."' },
    { field: 'argument "note"', before: undefined, after: 'must be given' },
    { field: 'annotations: readOnlyHint', before: 'true', after: 'false' },
  ]);
});

it('shows what nobody sees', () => {
  const tags = [...'rm -rf'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
  const [change] = changes({ description: 'a' }, { description: `a\u200b\u202e${tags}\u00a0b` });
  expect(change?.after).toMatch(/^"a\\u\{200b\}\\u\{202e\}\\u\{e0072\}.*\\u\{a0\}b"$/);
  expect(change?.hidden).toBe('rm -rf');
});

it('shows of long texts where they differ', () => {
  const long = 'x'.repeat(1000);
  const [change] = changes({ description: `${long}a${long}` }, { description: `${long}b${long}` });
  expect(change?.before).toBe(`"…${'x'.repeat(80)}a${'x'.repeat(80)}…"`);
});

it('tells all of what is new, and nothing of what is equal in another order', () => {
  expect(changes(undefined, { name: 'a', inputSchema: {} })).toEqual([
    { field: 'name', before: undefined, after: '"a"' },
    { field: 'arguments', before: undefined, after: '{}' },
  ]);
  expect(fieldChanges('{"a":1,"a":2}', '{"a":3,"a":2}')).toEqual([
    { field: 'text as it is written', before: '{"a":1,"a":2}', after: '{"a":3,"a":2}' },
  ]);
  expect(changes({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toMatchObject([
    { field: 'text as it is written' },
  ]);
});
