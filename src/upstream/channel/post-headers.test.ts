import { describe, expect, it } from 'vitest';
import type { Outgoing } from './channel.ts';
import { postHeaders } from './post-headers.ts';

const JSON_TYPES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const SESSION = { headers: () => ({ 'mcp-session-id': 's', 'mcp-protocol-version': '2025-11-25' }) };

function message(method: string, params: object, more: Partial<Outgoing> = {}): Outgoing {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  return { id: 1, method, text, revision: '2026-07-28', headers: undefined, ...more };
}

describe('the headers of a message', () => {
  it('say nothing of a session before there is one', () => {
    expect(postHeaders(message('initialize', {}, { revision: undefined }), SESSION)).toEqual(JSON_TYPES);
  });

  it.each(['2025-11-25', undefined])('have the session up to 2025-11-25 (%s)', (revision) => {
    const headers = postHeaders(message('tools/call', { name: 'x' }, { revision, headers: { a: 'b' } }), SESSION);
    expect(headers).toEqual({ ...JSON_TYPES, ...SESSION.headers() });
  });

  it.each<[string, object, Record<string, string>]>([
    ['tools/call', { name: 'echo' }, { 'mcp-name': 'echo' }],
    ['tools/call', { name: 'äh' }, { 'mcp-name': '=?base64?w6Ro?=' }],
    ['resources/read', { uri: 'file:///x' }, { 'mcp-name': 'file:///x' }],
    ['prompts/get', { name: 'p', arguments: { name: 'other' } }, { 'mcp-name': 'p' }],
    ['prompts/get', {}, {}],
    ['tools/list', { name: 'x' }, {}],
  ])('name what %s %j is about from 2026-07-28 on', (method, params, named) => {
    expect(postHeaders(message(method, params), SESSION)).toEqual({
      ...JSON_TYPES,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...named,
    });
  });

  it('have those of the request, whose name wins', () => {
    const headers = { 'mcp-name': 'encoded', 'mcp-param-x': 'y' };
    expect(postHeaders(message('tools/call', { name: 'plain' }, { headers }), SESSION)).toMatchObject(headers);
  });
});
