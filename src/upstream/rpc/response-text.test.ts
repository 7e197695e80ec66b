import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../protocol/json-rpc.ts';
import type { Reply, ResultText } from '../contract.ts';
import { readReply } from './response-text.ts';

function reply(rest: string): Reply {
  const message = parseMessage(`{"jsonrpc":"2.0","id":1,${rest}}`, 'server');
  if (message.kind !== 'response') throw new Error(message.kind);
  return readReply(message, 'tools/call');
}

function result(text: string): ResultText {
  const read = reply(`"result":${text}`);
  if (!read.ok) throw new Error(read.message);
  return read.result;
}

const HOP = '"io.modelcontextprotocol/serverInfo":{"name":"x"}';

describe('a result', () => {
  it.each([
    ['{}', '{}', -1],
    ['{ "a" : 1 }', '{"a" : 1}', -1],
    ['{"a":1,"a":2}', '{"a":1,"a":2}', -1],
    ['{"n":1.0e+2,"_meta":{ "k":1 }}', '{"n":1.0e+2,"_meta":{ "k":1 }}', 21],
    ['{"_meta":{}}', '{"_meta":{}}', 10],
    [`{"_meta":{${HOP}},"a":1}`, '{"a":1}', -1],
    [`{"a":1,"_meta":{${HOP},"k":1, "l":2,"progressToken":3}}`, '{"a":1,"_meta":{"k":1,"l":2}}', 16],
    ['{"resultType":"complete","_meta" : {"k":1},"ttlMs":1,"cacheScope":"public"}', '{"_meta" : {"k":1}}', 12],
    ['{"a":\r\n[1,\n2]}', '{"a":  [1, 2]}', -1],
  ])('%s crosses as %s', (text, expected, metaAt) => {
    expect(result(text)).toMatchObject({ text: expected, metaAt });
  });

  it('says its type and how long it is fresh', () => {
    expect(result('{}')).toMatchObject({ resultType: 'complete', ttlMs: undefined, isError: false });
    expect(result('{"isError":true}')).toMatchObject({ isError: true });
    expect(result('{"content":{"isError":true},"isError":"true"}')).toMatchObject({ isError: false });
    expect(result('{"resultType":"input_required","ttlMs":-5}')).toMatchObject({
      resultType: 'input_required',
      ttlMs: 0,
    });
    expect(result('{"resultType":7,"ttlMs":"soon"}')).toMatchObject({ resultType: 'complete', ttlMs: undefined });
  });

  it('keeps its value, and the place of _meta', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (value, pretty) => {
        const { resultType: _type, ttlMs: _ttl, cacheScope: _scope, ...kept } = value;
        kept['_meta'] = { k: 1 };
        const { text, metaAt } = result(JSON.stringify({ ...kept, ttlMs: 3 }, null, pretty ? 2 : 0));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(kept)));
        const marked = JSON.parse(`${text.slice(0, metaAt)}"new":true,${text.slice(metaAt)}`);
        expect(marked['_meta']).toEqual({ new: true, k: 1 });
      }),
    );
  });

  it('that is no object is an error', () => {
    expect(reply('"result":[1]')).toMatchObject({ ok: false, code: -32603 });
  });
});

describe('an error', () => {
  it('keeps code, message and data', () => {
    expect(reply('"error":{"code":-32602,"message":"a\\u0062","data":{"n":1e400}}')).toEqual({
      ok: false,
      code: -32602,
      message: 'ab',
      data: '{"n":1e400}',
    });
  });

  it.each(['{}', '7', '{"code":"x","message":3}', '{"code":1.5}'])('may be anything: %s', (text) => {
    expect(reply(`"error":${text}`)).toMatchObject({ ok: false, code: -32603, message: expect.any(String) });
  });
});
