import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../protocol/json-rpc.ts';
import type { Reply, ResultText } from '../contract.ts';
import { readReply } from './response-text.ts';

function reply(rest: string, method = 'tools/call'): Reply {
  const message = parseMessage(`{"jsonrpc":"2.0","id":1,${rest}}`, 'server');
  if (message.kind !== 'response') throw new Error(message.kind);
  return readReply(message, method);
}

function result(text: string, method?: string): ResultText {
  const read = reply(`"result":${text}`, method);
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

  it.each([
    ['tools/call', '{"content":null}', '{"content":[]}', -1],
    ['tools/call', '{"a":1,"content" : null ,"isError":null}', '{"content":[],"a":1}', -1],
    ['tools/call', '{"_meta":{"k":1},"content":null}', '{"content":[],"_meta":{"k":1}}', 23],
    [
      'tools/call',
      '{"content":null,"structuredContent":{"content":null}}',
      '{"content":[],"structuredContent":{"content":null}}',
      -1,
    ],
    ['resources/read', '{"contents":null}', '{"contents":[]}', -1],
    ['prompts/get', '{"messages":null,"description":null}', '{"messages":[]}', -1],
    ['prompts/get', '{"messages":[],"content":null}', '{"messages":[],"content":null}', -1],
    ['tools/call', '{"content":[null]}', '{"content":[null]}', -1],
    ['tools/call', '{"content":null,"content":[1]}', '{"content":[]}', -1],
    ['completion/complete', '{"completion":{"values":null,"total":null}}', '{"completion":{"values":[]}}', -1],
    ['completion/complete', '{"completion":{"values":["null"]}}', '{"completion":{"values":["null"]}}', -1],
    ['completion/complete', '{"completion":"x"}', '{"completion":"x"}', -1],
  ])('of %s: %s has a list where it says null: %s', (method, text, expected, metaAt) => {
    expect(result(text, method)).toMatchObject({ text: expected, metaAt });
  });

  const BLOCKS: readonly (readonly [string, string])[] = [
    ['{"type":"text","text":"null","annotations":null,"_meta":null}', '{"type":"text","text":"null"}'],
    [
      '{"type":"text", "n": 1.0,"annotations":{"audience":null,"priority":1}}',
      '{"type":"text","n": 1.0,"annotations":{"priority":1}}',
    ],
    ['{"uri":"a","mimeType":null,"blob":null,"text":"t"}', '{"uri":"a","text":"t"}'],
    [
      '{"type":"resource","resource":{"uri":"a","mimeType":null,"text":"t","_meta":{"k":null}}}',
      '{"type":"resource","resource":{"uri":"a","text":"t","_meta":{"k":null}}}',
    ],
    [
      '{"role":"user","content":{"type":"text","text":"x","annotations":null}}',
      '{"role":"user","content":{"type":"text","text":"x"}}',
    ],
    ['{ "type":"x-vendor", "value": null }', '{ "type":"x-vendor", "value": null }'],
    ['[null]', '[null]'],
    ['"null"', '"null"'],
  ];

  it.each(BLOCKS)('leaves out what is null and may be absent: %s', (block, expected) => {
    for (const [method, key] of [
      ['tools/call', 'content'],
      ['resources/read', 'contents'],
      ['prompts/get', 'messages'],
    ]) {
      const { text } = result(`{"${key}":[1,${block}]}`, method);
      expect(text).toBe(`{"${key}":[1,${expected}]}`);
    }
    expect(result(`{"other":[${block}]}`).text).toBe(`{"other":[${block}]}`);
  });

  it('leaves large ones as they are', () => {
    const text = `{"content":[{"type":"text","text":"${'x'.repeat(300_000)}","annotations":null}]}`;
    expect(result(text).text).toBe(text);
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
