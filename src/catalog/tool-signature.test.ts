import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signature } from './tool-signature.ts';

const of = (schema: unknown): string | undefined => signature(JSON.stringify(schema));

describe('a signature', () => {
  it('says names, types, enums, defaults and what is required', () => {
    const schema = {
      type: 'object',
      properties: {
        repo: { type: 'string', description: 'Never in it' },
        labels: { type: 'array', items: { type: 'string' } },
        state: { enum: ['open', 'closed'], default: 'open' },
        near: { type: 'object', properties: { lat: { type: 'number' }, lon: { type: 'number' } }, required: ['lat'] },
        since: { type: ['string', 'null'], format: 'date' },
        'odd name': { anyOf: [{ type: 'boolean' }, { type: 'array', items: { enum: ['a', 'b'] } }] },
        extra: { type: 'object', additionalProperties: { type: 'integer' } },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, { const: 1 }], items: false },
        anything: {},
      },
      required: ['repo', 'near'],
    };
    expect(of(schema)).toBe(
      '(repo: string, labels?: string[], state?: "open"|"closed" = "open", near: {lat: number, lon?: number}, ' +
        'since?: string|null, "odd name"?: boolean|("a"|"b")[], extra?: {[key]: integer}, pair?: [string, 1], anything?: any)',
    );
    expect(of({ type: 'object' })).toBe('()');
    expect(of({ type: 'object', properties: {}, additionalProperties: false })).toBe('()');
    expect(of({ type: 'object', additionalProperties: { type: 'string' } })).toBe('(...{[key]: string})');
    expect(of({ anyOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { type: 'object' }] })).toBe(
      '(...{a?: string}|object)',
    );
  });

  it('writes a shared definition once, and knows one that refers to itself', () => {
    const point = {
      type: 'object',
      properties: { latitude: { type: 'number' }, longitude: { type: 'number' } },
      required: ['latitude', 'longitude'],
    };
    const ref = (name: string) => ({ $ref: `#/$defs/${name}` });
    const tree = { type: 'object', properties: { children: { type: 'array', items: ref('Tree') } } };
    expect(of({ properties: { a: ref('Point'), b: ref('Point') }, $defs: { Point: point } })).toBe(
      '(a?: Point, b?: Point) where Point = {latitude: number, longitude: number}',
    );
    expect(of({ properties: { a: ref('Point') }, $defs: { Point: point } })).toBe(
      '(a?: {latitude: number, longitude: number})',
    );
    expect(of({ properties: { a: ref('S'), b: ref('S') }, $defs: { S: { type: 'string' } } })).toBe(
      '(a?: string, b?: string)',
    );
    expect(of({ properties: { root: ref('Tree') }, $defs: { Tree: tree } })).toBe(
      '(root?: Tree) where Tree = {children?: Tree[]}',
    );
  });

  it.each([
    { properties: { a: { not: { type: 'string' } } } },
    { properties: { a: { $ref: 'https://example.com/schema' } } },
    { properties: { a: { $ref: '#/$defs/Missing' } } },
    { properties: { a: { type: 'string' } }, if: {}, else: {} },
    { properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    { properties: { a: { type: 'string' } }, required: ['b'] },
    { properties: { a: false } },
    { properties: { a: { type: 'date' } } },
    { properties: { a: { type: 'object', patternProperties: { '^x': {} } } } },
    { properties: { a: { enum: 'x' } } },
    [],
  ])('is not given where it would say too little: %j', (schema) => {
    expect(of(schema)).toBeUndefined();
  });

  it('never throws, whatever a server wrote', () => {
    fc.assert(fc.property(fc.json(), (text) => void signature(text)));
    let deep: object = { type: 'string' };
    for (let depth = 0; depth < 60; depth++) deep = { type: 'array', items: deep };
    expect(of({ properties: { deep } })).toBeUndefined();
  });
});

/** A type, as a schema and as it has to be written. */
interface Sample {
  readonly schema: object;
  readonly text: string;
  /** True for `"a"|"b"`. */
  readonly isUnion: boolean;
}

const name = fc.constantFrom('id', 'repo', 'a-b', 'x_1', 'two words', 'été', '__proto__', '"', '}|{');
const plain: fc.Arbitrary<Sample> = fc
  .constantFrom('string', 'number', 'integer', 'boolean', 'null')
  .map((type) => ({ schema: { type, description: 'not in it' }, text: type, isUnion: false }));
const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const choice: fc.Arbitrary<Sample> = fc
  .uniqueArray(value, { minLength: 1, maxLength: 4, selector: (one) => JSON.stringify(one) })
  .map((values) => ({
    schema: { enum: values },
    text: values.map((one) => JSON.stringify(one)).join('|'),
    isUnion: values.length > 1,
  }));

function membersOf(type: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const member = fc.record({ name, type, required: fc.boolean() });
  return fc.uniqueArray(member, { maxLength: 4, selector: (one) => one.name }).map((members) => ({
    schema: {
      type: 'object',
      properties: Object.fromEntries(members.map((one) => [one.name, one.type.schema])),
      required: members.filter((one) => one.required).map((one) => one.name),
    },
    text: members
      .map((one) => {
        const key = /^[A-Za-z_$][\w$-]*$/.test(one.name) ? one.name : JSON.stringify(one.name);
        return `${key}${one.required ? '' : '?'}: ${one.type.text}`;
      })
      .join(', '),
    isUnion: false,
  }));
}

const { type: anyType } = fc.letrec<{ type: Sample }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    plain,
    choice,
    membersOf(tie('type')).map((one) => ({ ...one, text: one.text === '' ? 'object' : `{${one.text}}` })),
    tie('type').map(({ schema, text, isUnion }) => ({
      schema: { type: 'array', items: schema },
      text: isUnion ? `(${text})[]` : `${text}[]`,
      isUnion: false,
    })),
  ),
}));

it('loses no name, type, enum or requiredness', () => {
  fc.assert(
    fc.property(membersOf(anyType), ({ schema, text }) => {
      expect(of(schema)).toBe(`(${text})`);
    }),
  );
});

it('works out once what is used again and again', () => {
  const level = (at: number, keyword: string) => ({ [keyword]: Array(12).fill({ $ref: `#/$defs/d${at + 1}` }) });
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const $defs = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`d${at}`, level(at, keyword)]));
    const schema = { properties: { a: { $ref: '#/$defs/d0' } }, $defs: { ...$defs, d9: { type: 'string' } } };
    // Followed each time, this would be 12 to the power of 9.
    expect(signature(JSON.stringify(schema)) ?? 'none').toMatch(/^(?:\(a\?: string\)|none|\(a\?: string&)/);
  }
});
