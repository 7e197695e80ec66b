import { describe, expect, it } from 'vitest';
import { parseMessage } from './json-rpc.ts';
import { findMember, stringValue } from './members.ts';

const kind = (text: string, from: 'caller' | 'server' = 'caller'): string => parseMessage(text, from).kind;

describe('parseMessage', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}', 'request'],
    ['{"jsonrpc":"2.0","id":"a","method":"ping","params":{}}', 'request'],
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification'],
    ['{"jsonrpc":"2.0","id":1,"result":{}}', 'response'],
    ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}', 'response'],
    ['{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}', 'response'],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'batch'],
  ])('%s is a %s', (text, expected) => {
    expect(kind(text)).toBe(expected);
  });

  it.each([
    ['not JSON', 'PARSE_ERROR', 'null'],
    ['{"jsonrpc":"2.0","id":1', 'PARSE_ERROR', 'null'],
    ['"text"', 'INVALID_REQUEST', 'null'],
    ['17', 'INVALID_REQUEST', 'null'],
    ['null', 'INVALID_REQUEST', 'null'],
    ['17 18', 'PARSE_ERROR', 'null'],
    ['{"id":7,"method":"ping"}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"1.0","id":7,"method":"ping"}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":2.0,"id":7,"method":"ping"}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":7}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":7,"method":""}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":7,"method":5}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":7,"method":"m","params":[1]}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":7,"method":"m","params":"x"}', 'INVALID_REQUEST', '7'],
    ['{"jsonrpc":"2.0","id":null,"method":"m"}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"m"}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":{},"method":"m"}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":true,"method":"m"}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 'INVALID_REQUEST', '1'],
    ['{"jsonrpc":"2.0","result":{}}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","id":2}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":{"b":1,"b":2}}}', 'INVALID_REQUEST', '1'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}', 'INVALID_REQUEST', '1'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":{"b":1,"b":2}}}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","id":1,"result":{"b":1,"b":2}}', 'INVALID_REQUEST', 'null'],
    ['{"jsonrpc":"2.0","method":"m","params":{"id":3,"b":1,"b":2}}', 'INVALID_REQUEST', 'null'],
  ])('%s is refused as %s, answered to %s', (text, code, id) => {
    expect(parseMessage(text, 'caller')).toMatchObject({ kind: 'invalid', code, id });
  });

  it('keeps ids as text: digits beyond 2^53 and strings survive', () => {
    expect(parseMessage('{"jsonrpc":"2.0","id":12345678901234567890,"method":"m"}', 'caller')).toMatchObject({
      id: '12345678901234567890',
    });
    expect(parseMessage('{"jsonrpc":"2.0","id":"\\u0061\\"","method":"m"}', 'caller')).toMatchObject({ id: '"a\\""' });
  });

  it('relays values of servers with duplicate keys, but no envelope with two meanings', () => {
    expect(kind('{"jsonrpc":"2.0","id":1,"result":{"a":{"b":1,"b":2}}}', 'server')).toBe('response');
    expect(kind('{"jsonrpc":"2.0","id":1,"id":2,"result":{}}', 'server')).toBe('invalid');
    expect(kind('{"jsonrpc":"2.0","id":1,"result":{},"result":{"b":1}}', 'server')).toBe('invalid');
  });

  it('finds arguments and _meta of a call as they stand', () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"n":1e400},"_meta":{"k":1}}}';
    const message = parseMessage(text, 'caller');
    if (message.kind !== 'request') throw new Error('not a request');
    const args = findMember(message.params, 'arguments');
    expect(args && text.slice(args.start, args.end)).toBe('{"n":1e400}');
    expect(findMember(findMember(message.params, '_meta')?.object, 'k')).toBeDefined();
  });

  it('stringValue decodes escapes; other types and what is not there have none', () => {
    const text = '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":"\\u0061\\n","b":1}}';
    const message = parseMessage(text, 'caller');
    if (message.kind !== 'request') throw new Error('not a request');
    expect(stringValue(text, findMember(message.params, 'a'))).toBe('a\n');
    expect(stringValue(text, findMember(message.params, 'b'))).toBeUndefined();
    expect(stringValue(text, findMember(message.params, 'c'))).toBeUndefined();
  });
});
