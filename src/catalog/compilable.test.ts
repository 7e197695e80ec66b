import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { isCompilable } from './compilable.ts';

const field = (schema: object): object => ({ type: 'object', properties: { field: schema } });

/** As a client of the official SDK 1.x does with every list. */
function compiles(schema: object): boolean {
  vi.spyOn(console, 'warn').mockReturnValue();
  try {
    new AjvJsonSchemaValidator().getValidator(schema as never);
    return true;
  } catch {
    return false;
  }
}

it.each([
  ['a pattern of Python', { type: 'string', pattern: '(?P<year>\\d{4})' }],
  ['flags within a pattern', { type: 'string', pattern: '(?i)abc' }],
  ['an escape that is none', { type: 'string', pattern: '\\Aabc\\Z' }],
  ['a name that is a bad pattern', { type: 'object', patternProperties: { '(': { type: 'string' } } }],
  ['nullable without a type', { anyOf: [{ type: 'string' }], nullable: true }],
  ['nullable that contradicts', { type: ['string', 'null'], nullable: false }],
  ['a type that is none', { type: 'float' }],
  ['a type that is null', { type: null }],
  ['a reference to another document', { $ref: 'https://example.com/schema.json' }],
  ['a reference to itself', { $ref: '#/properties/field' }],
  ['a reference to nothing', { $ref: '#/$defs/Missing' }],
  ['an id of draft-04', { id: 'http://example.com/s', type: 'string' }],
  ['an id that is a number', { $id: 5, type: 'string' }],
  ['no values', { enum: [] }],
  ['a choice of null', { anyOf: [null] }],
  ['a bound that is text', { type: 'number', minimum: '1' }],
  ['required that is true', { type: 'object', required: true }],
  ['a bound of a format that is not there', { type: 'string', formatMinimum: '2025-01-01' }],
])('%s is not compiled', (_, schema) => {
  expect(compiles(field(schema))).toBe(false);
  expect(isCompilable(field(schema))).toBe(false);
});

it.each([
  ['a name of its own, which another tool may have too', { $id: 'urn:x', type: 'object' }],
  ['a reference into what is wrong', { type: 'object', $ref: '#/components/a', components: { a: { type: 'float' } } }],
])('%s is no output schema', (_, schema) => {
  expect(isCompilable(schema)).toBe(false);
});

it.each([
  ['of Pydantic', { $defs: { A: field({ type: 'integer' }) }, ...field({ $ref: '#/$defs/A' }), required: ['field'] }],
  ['of Zod', { $schema: 'https://json-schema.org/draft/2020-12/schema', additionalProperties: false, ...field({}) }],
  ['with fields that are called like keywords', { type: 'object', properties: { id: {}, $async: {}, pattern: {} } }],
  ['of OpenAPI', field({ type: 'string', nullable: true, format: 'date-time', example: 'x', 'x-order': 1 })],
  ['that refers to itself', { type: 'object', properties: { next: { $ref: '#' } } }],
  ['with escapes in a reference', { $defs: { 'a/b~c d': {} }, ...field({ $ref: '#/$defs/a~1b~0c%20d' }) }],
])('a schema %s is', (_, schema) => {
  expect(compiles(schema)).toBe(true);
  expect(isCompilable(schema)).toBe(true);
});

const KEYWORDS = (
  '$id id $ref $schema $anchor $dynamicRef $async type nullable enum const properties required additionalProperties ' +
  'patternProperties propertyNames dependencies dependentRequired items prefixItems contains uniqueItems minLength pattern ' +
  'format formatMinimum minimum multipleOf anyOf allOf not if then $defs definitions default discriminator other'
).split(' ');
const { schema } = fc.letrec((tie) => ({
  schema: fc.dictionary(fc.constantFrom(...KEYWORDS), tie('value'), { maxKeys: 5 }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 0, 1.5, '', '(', 'a b', '#', '#/$defs/a', '#/other', true, false, 'string', 'object', 'date'),
    tie('schema'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', '('), tie('value'), { maxKeys: 2 }),
  ),
}));

it('what it takes for good is compiled', () => {
  fc.assert(
    fc.property(schema, (inner) => {
      const whole = { ...(inner as object), type: 'object' };
      fc.pre(isCompilable(whole));
      expect(compiles(whole)).toBe(true);
    }),
    { numRuns: process.env['LONG'] === '1' ? 3000 : 1000 },
  );
});

it.each([50, 300, 20_000])('a chain of %i references is good where clients can follow it', (count) => {
  const next = (at: number): object => (at + 1 < count ? field({ $ref: `#/$defs/d${at + 1}` }) : { type: 'string' });
  const $defs = Object.fromEntries(Array.from({ length: count }, (_, at) => [`d${at}`, next(at)]));
  const schema = { ...field({ $ref: '#/$defs/d0' }), $defs };
  expect(isCompilable(schema)).toBe(count < 100);
  expect(compiles(schema)).toBe(count < 100);
});
