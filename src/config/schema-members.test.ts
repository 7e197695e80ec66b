import { expect, it } from 'vitest';
import { findInSchema } from './schema-members.ts';

const TEXT = { type: 'string' };
const SCHEMA = {
  type: 'object',
  properties: {
    path: TEXT,
    to: { type: 'array', items: { type: 'object', properties: { name: TEXT } } },
    pair: { prefixItems: [TEXT, { type: 'object', properties: { deep: TEXT } }] },
    options: { $ref: '#/$defs/options' },
    free: { type: 'object' },
    map: { type: 'object', properties: {}, additionalProperties: TEXT },
    either: { anyOf: [TEXT, { type: 'object', properties: { a: TEXT }, required: ['a'] }, { required: ['b'] }] },
    loop: { $ref: '#/properties/loop' },
    away: { $ref: 'https://example.com/schema' },
    odd: { $ref: '#/%E0%' },
  },
  $defs: { options: { allOf: [{ type: 'object', properties: { 'a/b': TEXT } }, { properties: { mode: TEXT } }] } },
};

it.each([
  ['path', 'named'],
  ['to/0/name', 'named'],
  ['pair/1/deep', 'named'],
  ['options/a~1b', 'named'],
  ['options/mode', 'named'],
  ['free/anything/below', 'open'],
  ['map/anything', 'open'],
  ['either/a', 'named'],
  ['away/x', 'open'],
  ['odd/x', 'open'],
  ['to/x', []],
  ['path/x', []],
  ['pth', Object.keys(SCHEMA.properties)],
  ['to/0/nam', ['name']],
  ['options/mod', ['a/b', 'mode']],
  ['either/c', ['a']],
])('%s', (pointer, expected) => {
  const tokens = pointer.split('/').map((token) => token.replaceAll('~1', '/'));
  const found = findInSchema(SCHEMA, tokens);
  if (typeof found !== 'string') expect([...found.instead].sort()).toEqual([...expected].sort());
  else expect(found).toBe(expected);
});

it('of what is no schema, or says nothing, nobody can tell', () => {
  for (const schema of [undefined, null, true, {}, { type: 'object' }, 'x']) {
    expect(findInSchema(schema, ['x'])).toBe('open');
  }
  expect(findInSchema({ type: 'object', properties: {} }, ['x'])).toEqual({ missing: 'x', instead: [] });
  expect(findInSchema(SCHEMA, ['loop', 'x'])).toBe('open');
});
