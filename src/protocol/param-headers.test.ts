import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeHeaderValue,
  type ParamHeader,
  paramMismatch,
  readParamHeaders,
  toolCallHeaders,
} from './param-headers.ts';
import { decodeHeaderValue } from './request-headers.ts';

const schema = (properties: unknown, rest: object = {}): unknown => ({ type: 'object', properties, ...rest });

function headersOf(input: unknown): readonly ParamHeader[] {
  const read = readParamHeaders(input);
  if (!read.ok) throw new Error(read.reason);
  return read.headers;
}

describe('annotations', () => {
  it('are found at any depth of properties', () => {
    const nested = schema({
      region: { type: 'string', 'x-mcp-header': 'Region' },
      deep: schema({ n: { type: 'integer', 'x-mcp-header': 'N' } }),
      'x-mcp-header': { type: 'string' },
    });
    expect(headersOf(nested)).toEqual([
      { header: 'mcp-param-region', path: ['region'] },
      { header: 'mcp-param-n', path: ['deep', 'n'] },
    ]);
  });

  it.each([
    ['empty', schema({ p: { type: 'string', 'x-mcp-header': '' } })],
    ['not a token', schema({ p: { type: 'string', 'x-mcp-header': 'a b' } })],
    ['a line break', schema({ p: { type: 'string', 'x-mcp-header': 'a\r\nEvil: 1' } })],
    ['not a string', schema({ p: { type: 'string', 'x-mcp-header': 1 } })],
    ['a number', schema({ p: { type: 'number', 'x-mcp-header': 'P' } })],
    ['an object', schema({ p: { type: 'object', 'x-mcp-header': 'P' } })],
    ['several types', schema({ p: { type: ['string', 'null'], 'x-mcp-header': 'P' } })],
    ['the root', schema({}, { 'x-mcp-header': 'P' })],
    ['twice', schema({ p: { type: 'string', 'x-mcp-header': 'P' }, q: { type: 'string', 'x-mcp-header': 'p' } })],
    ['items', schema({ p: { type: 'array', items: { type: 'string', 'x-mcp-header': 'P' } } })],
    ['oneOf', schema({}, { oneOf: [schema({ p: { type: 'string', 'x-mcp-header': 'P' } })] })],
    ['$defs', schema({}, { $defs: { default: { type: 'string', 'x-mcp-header': 'P' } } })],
  ])('are invalid: %s', (_what, input) => {
    expect(readParamHeaders(input).ok).toBe(false);
  });

  it('in examples are only data', () => {
    expect(headersOf(schema({ p: { type: 'object', default: { 'x-mcp-header': 'P' } } }))).toEqual([]);
  });
});

describe('headers of a call', () => {
  const paramHeaders = headersOf(
    schema({
      s: { type: 'string', 'x-mcp-header': 'S' },
      i: { type: 'integer', 'x-mcp-header': 'I' },
      b: { type: 'boolean', 'x-mcp-header': 'B' },
      o: schema({ s: { type: 'string', 'x-mcp-header': 'Inner' } }),
    }),
  );
  const tool = { name: 'tool', paramHeaders };

  it('repeat what is present', () => {
    const args = '{"s":"us-west1","i":-7,"b":false,"o":{"s":"Hello, 世界"},"other":1}';
    expect(toolCallHeaders(tool, args)).toEqual({
      'mcp-name': 'tool',
      'mcp-param-s': 'us-west1',
      'mcp-param-i': '-7',
      'mcp-param-b': 'false',
      'mcp-param-inner': '=?base64?SGVsbG8sIOS4lueVjA==?=',
    });
  });

  it('leave out null, what is absent, and what no header can hold', () => {
    expect(toolCallHeaders(tool, '{"s":null,"i":9007199254740993,"b":{},"o":[]}')).toEqual({ 'mcp-name': 'tool' });
    expect(toolCallHeaders(tool, '{}')).toEqual({ 'mcp-name': 'tool' });
  });

  it.each([
    ['{"s":"a"}', { 'mcp-param-s': 'a' }, true],
    ['{"s":"a"}', { 'mcp-param-s': 'b' }, false],
    ['{"s":"a"}', {}, false],
    ['{"s":""}', { 'mcp-param-s': '' }, true],
    ['{"s":"é"}', { 'mcp-param-s': 'é' }, false],
    ['{"s":"é"}', { 'mcp-param-s': '=?base64?w6k=?=' }, true],
    ['{"s":null}', {}, true],
    ['{"s":null}', { 'mcp-param-s': 'null' }, false],
    ['{}', { 'mcp-param-s': 'a' }, false],
    ['{}', { 'mcp-param-unknown': 'a' }, true],
    ['{"i":42}', { 'mcp-param-i': '42.0' }, true],
    ['{"i":42}', { 'mcp-param-i': '0x2a' }, false],
    ['{"i":9007199254740993}', {}, true],
    ['{"b":false}', { 'mcp-param-b': 'False' }, false],
    ['{"o":{"s":"x"}}', { 'mcp-param-inner': 'x' }, true],
  ] as const)('are compared with the arguments: %s and %j', (args, headers, fits) => {
    const given: ReadonlyMap<string, string> = new Map(Object.entries(headers));
    const mismatch = paramMismatch(paramHeaders, args, (name) => given.get(name));
    if (fits) expect(mismatch).toBeUndefined();
    else expect(mismatch).toMatch(/^Header mismatch: mcp-param-/);
  });

  it('that a client writes are those that a server expects', () => {
    const strings = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(strings, fc.integer(), fc.boolean(), strings, (s, i, b, inner) => {
        const args = JSON.stringify({ s, i, b, o: { s: inner } });
        const written = toolCallHeaders(tool, args);
        expect(paramMismatch(paramHeaders, args, (name) => written[name])).toBeUndefined();
      }),
    );
  });

  it.each([
    ['us-west1', 'us-west1'],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
  ])('encode %j', (value, encoded) => {
    expect(encodeHeaderValue(value)).toBe(encoded);
  });

  it('are safe in a header and can be decoded, for every string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const encoded = encodeHeaderValue(value);
        expect(encoded).toMatch(/^[\x20-\x7e\t]*$/);
        expect(encoded.trim()).toBe(encoded);
        expect(decodeHeaderValue(encoded)).toBe(Buffer.from(value, 'utf8').toString('utf8'));
      }),
    );
  });
});
