import { expect, it } from 'vitest';
import { parseMessage, readObject } from './json-rpc.ts';
import { dropNulls, withoutNulls } from './nulls.ts';

it('dropNulls leaves out what is null, in objects alone', () => {
  expect(dropNulls({ a: null, b: { c: null, d: [null, { e: null }] }, f: 0 })).toEqual({
    b: { d: [null, { e: null }] },
    f: 0,
  });
  expect(dropNulls(null)).toBeNull();
});

it.each([
  ['{"a":1, "b" : null,"c":"null"}', '{"a":1,"c":"null"}'],
  ['{"a":null}', '{}'],
  ['{ "a" : 1 }', '{ "a" : 1 }'],
  ['{}', '{}'],
])('withoutNulls of %s is %s', (text, expected) => {
  expect(withoutNulls(text, readObject(text) ?? { start: 0, end: 0, members: [] })).toBe(expected);
});

it.each([
  ['{"jsonrpc":"2.0","id":1,"method":"m","params":null}', { kind: 'request', params: undefined }],
  ['{"jsonrpc":"2.0","id":1,"method":"m","params":[ ]}', { kind: 'request', params: undefined }],
  ['{"jsonrpc":"2.0","method":"m","params":null,"result":null,"error":null}', { kind: 'notification' }],
  ['{"jsonrpc":"2.0","id":null,"method":"notifications/initialized"}', { kind: 'notification' }],
  ['{"jsonrpc":"2.0","id":1,"result":{},"error":null}', { kind: 'response', error: undefined }],
  ['{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"m"}}', { kind: 'response', result: undefined }],
  ['{"jsonrpc":"2.0","id":1,"method":null,"params":null,"result":{},"error":null}', { kind: 'response' }],
  ['{"jsonrpc":"2.0","id":1,"result":null}', { kind: 'response', result: { isNull: true } }],
  ['{"jsonrpc":"2.0","id":1,"result":null,"error":null}', { kind: 'response', result: { isNull: true } }],
])('%s from either side', (text, expected) => {
  expect(parseMessage(text, 'caller')).toMatchObject(expected);
  expect(parseMessage(text, 'server')).toMatchObject(expected);
});

it.each([
  '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}',
  '{"jsonrpc":"2.0","id":1,"result":{},"error":null,"error":null}',
  '{"jsonrpc":"2.0","id":null,"method":"m"}',
  '{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}',
  '{"jsonrpc":"2.0","id":1,"error":null}',
  '{"jsonrpc":null,"id":1,"method":"m"}',
])('%s stays refused', (text) => {
  expect(parseMessage(text, 'caller').kind).toBe('invalid');
  expect(parseMessage(text, 'server').kind).toBe('invalid');
});
