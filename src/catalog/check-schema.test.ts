import { describe, expect, it } from 'vitest';
import { compileSchema, problemsOf } from './check-job.ts';
import { checkableSchema } from './check-schema.ts';

const check = (schema: unknown): ReturnType<typeof checkableSchema> => checkableSchema(JSON.stringify(schema));
const problems = (schema: unknown, args: unknown): readonly string[] =>
  problemsOf(compileSchema(check(schema).schema, true), JSON.stringify(args));

describe('a schema that arguments are checked against', () => {
  it('follows references to its own definitions', () => {
    const schema = {
      properties: { a: { $ref: '#/$defs/a~1b' }, b: { $ref: '#/definitions/%63' }, c: { $ref: '#/properties/b' } },
      $defs: { 'a/b': { type: 'string' } },
      definitions: { c: { type: 'number' } },
    };
    expect(problems(schema, { a: 'x', b: 1, c: 2 })).toEqual([]);
    expect(problems(schema, { a: 1, b: 'x', c: 'y' })).toEqual([
      '/a must be string',
      '/b must be number',
      '/c must be number',
    ]);
  });

  const evil = '^(a+)+$';
  it.each([
    ['data', { $ref: '#/default', default: { pattern: evil } }],
    ['data of an enum', { $ref: '#/enum/0', enum: [{ pattern: evil }] }],
    ['names', { $ref: '#/properties', properties: { pattern: evil } }],
    ['nothing', { $ref: '#/nothing' }],
    ['an anchor', { $ref: '#a', $defs: { a: { $anchor: 'a', type: 'string' } } }],
    ['itself', { properties: { a: { $ref: '#' } } }],
    ['a dynamic target', { $dynamicRef: '#a', $defs: { a: { $dynamicAnchor: 'a' } } }],
    ['another document', { $ref: 'https://example.com/' }],
  ])('refers to no other schema: %s', (_what, schema) => {
    expect(() => check(schema)).toThrow(/^Its? refer/);
  });

  const doubled = (depth: number, keyword: string) => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length: depth }, (_, at): [string, unknown] => [
        `d${at}`,
        { [keyword]: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
      ]).concat([[`d${depth}`, { type: 'string' }]]),
    ),
  });
  const large = { enum: Array.from({ length: 10_000 }, (_, at) => at) };
  it.each([
    ['references doubled', doubled(60, 'anyOf')],
    ['references doubled', doubled(60, 'oneOf')],
    ['many references to much', { allOf: Array(2000).fill({ $ref: '#/$defs/a' }), $defs: { a: large } }],
    ['a lot of data', { enum: ['x'.repeat(190_000), ...Array(10_000).fill(1)] }],
    ['a lot of names', { required: Array.from({ length: 19_000 }, (_, at) => `n${at}`) }],
    ['names in names', { anyOf: Array(150).fill({ required: Array(150).fill('a') }) }],
  ])('is not too large: %s', (_what, schema) => {
    expect(() => check(schema)).toThrow(/^It is too (?:large|long)/);
  });

  it('weighs what a check meets', () => {
    const one = check({ type: 'string' }).weight;
    const two = check({
      anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }],
      $defs: { a: { type: 'string' } },
    }).weight;
    expect(two).toBeGreaterThan(2 * one);
    expect(check({ type: 'string', description: 'x'.repeat(5000), examples: ['x'.repeat(5000)] }).weight).toBe(one);
  });
});
