import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from './json-rpc.ts';
import { decodeHeaderValue, headerMismatch } from './request-headers.ts';

function request(method: string, params: object) {
  const message = parseMessage(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), 'caller');
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

const version = '2026-07-28';
const call = request('tools/call', { name: 'dörr', arguments: {} });
const encoded = `=?base64?${Buffer.from('dörr').toString('base64')}?=`;

describe('headerMismatch', () => {
  it.each([
    [{ version, method: 'tools/call', name: encoded }, undefined],
    [{ version, method: 'tools/call', name: 'dorr' }, 'Mcp-Name'],
    [{ version, method: 'tools/call', name: undefined }, 'Mcp-Name'],
    [{ version, method: 'Tools/Call', name: encoded }, 'Mcp-Method'],
    [{ version, method: undefined, name: encoded }, 'Mcp-Method'],
    [{ version: undefined, method: 'tools/call', name: encoded }, 'MCP-Protocol-Version'],
    [{ version: '2025-11-25', method: 'tools/call', name: encoded }, 'MCP-Protocol-Version'],
    [{ version, method: 'tools/call', name: '=?base64?/w==?=' }, 'Mcp-Name'],
  ])('%j: %s', (headers, expected) => {
    const found = headerMismatch(call, version, headers);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(expected);
  });

  it('only methods that name something need Mcp-Name', () => {
    expect(
      headerMismatch(request('tools/list', {}), version, { version, method: 'tools/list', name: undefined }),
    ).toBeUndefined();
    const read = request('resources/read', { uri: 'file:///a' });
    expect(headerMismatch(read, version, { version, method: 'resources/read', name: 'file:///a' })).toBeUndefined();
  });
});

it.each(['tasks/get', 'tasks/update', 'tasks/cancel'])(
  '%s: Mcp-Name may be missing, but not be another one',
  (method) => {
    const message = request(method, { taskId: 't1' });
    expect(headerMismatch(message, version, { version, method, name: undefined })).toBeUndefined();
    expect(headerMismatch(message, version, { version, method, name: 't1' })).toBeUndefined();
    expect(headerMismatch(message, version, { version, method, name: 't2' })).toContain('Mcp-Name');
  },
);

it('decodes what the sentinel encodes, leaves everything else alone, and refuses what is no value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeHeaderValue(`=?base64?${Buffer.from(text).toString('base64')}?=`)).toBe(text);
    }),
  );
  expect(decodeHeaderValue('plain')).toBe('plain');
  expect(decodeHeaderValue('=?base64?SGVsbG8?=')).toBeUndefined();
  expect(decodeHeaderValue('=?base64?SGVs!!!bG8=?=')).toBeUndefined();
  expect(decodeHeaderValue('é')).toBeUndefined();
  expect(decodeHeaderValue('=?BASE64?eA==?=')).toBe('=?BASE64?eA==?=');
});
