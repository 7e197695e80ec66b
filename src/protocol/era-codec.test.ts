import fc from 'fast-check';
import { expect, it } from 'vitest';
import { errorText, legacyCodec, modernCodec, notificationText, ownResult, rewritten } from './era-codec.ts';
import { findMember } from './members.ts';
import { META_SERVER_INFO } from './revisions.ts';
import { scanObject } from './scan.ts';

const info = { name: 'gateway', version: '1' };
const modern = modernCodec(info);

/** A result as the relay hands it over: its text, and where its `_meta` begins. */
function body(text: string): { text: string; metaAt: number } {
  const meta = findMember(scanObject(text, { _meta: {} }, { maxDepth: 64, uniqueKeys: false }), '_meta')?.object;
  return { text, metaAt: meta === undefined ? -1 : meta.start + 1 };
}

it('a legacy result is the text of the result, untouched', () => {
  const text = '{ "b" : 1e400,"a":"\\ud800", "n":12345678901234567890 }';
  expect(legacyCodec.result('7', body(text))).toBe(`{"jsonrpc":"2.0","id":7,"result":${text}}`);
});

it('a modern result says its type and its server, and keeps every byte of the rest', () => {
  const text = '{ "b" : 1e400,"_meta":{ "x/y": 1 },"a":"\\ud800"}';
  const serverInfo = `"${META_SERVER_INFO}":{"name":"gateway","version":"1"}`;
  expect(modern.result('"q"', body(text))).toBe(
    `{"jsonrpc":"2.0","id":"q","result":{"resultType":"complete", "b" : 1e400,"_meta":{${serverInfo}, "x/y": 1 },"a":"\\ud800"}}`,
  );
});

it('a modern result is valid for every result and every _meta', () => {
  const results = fc.record(
    { a: fc.jsonValue(), _meta: fc.dictionary(fc.string(), fc.jsonValue()) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(results, fc.nat(2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const original = JSON.parse(text);
      const { result } = JSON.parse(modern.result('1', body(text), { ttlMs: 5, cacheScope: 'private' }));
      const { resultType, ttlMs, cacheScope, _meta, ...rest } = result;
      expect({ resultType, ttlMs, cacheScope }).toEqual({ resultType: 'complete', ttlMs: 5, cacheScope: 'private' });
      expect(_meta).toEqual({ [META_SERVER_INFO]: info, ...original._meta });
      const { _meta: _ignored, ...others } = original;
      expect(rest).toEqual(others);
    }),
    { numRuns: 2_000 },
  );
});

it('in pieces it is the same text, cut off its braces before or not, and another text leaves nothing of the old one', () => {
  for (const text of ['{}', '{ "a":1 }', '{"_meta":{},"a":1}', '{"a":1, "_meta":{ "k":1 }}']) {
    for (const codec of [modern, legacyCodec]) {
      const given = { ...body(text), members: text.slice(1, -1) };
      const whole = codec.result('1', body(text), { ttlMs: 5, cacheScope: 'private' });
      expect(codec.pieces('1', body(text), { ttlMs: 5, cacheScope: 'private' }).join('')).toBe(whole);
      expect(codec.pieces('1', given, { ttlMs: 5, cacheScope: 'private' }).join('')).toBe(whole);
      expect(codec.pieces('1', rewritten(given, '{"b":2}', -1)).join('')).toBe(codec.result('1', body('{"b":2}')));
    }
  }
});

it('a result without members stays an object', () => {
  expect(JSON.parse(modern.result('1', ownResult({})))).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: { resultType: 'complete', _meta: { [META_SERVER_INFO]: info } },
  });
});

it('errors and notifications are rebuilt around text that is relayed', () => {
  expect(errorText('null', -32700, 'no "JSON"')).toBe(
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no \\"JSON\\""}}',
  );
  expect(errorText('1', 5, 'm', '{"big":12345678901234567890}')).toContain('"data":{"big":12345678901234567890}');
  expect(notificationText('notifications/progress', '"progress":1')).toBe(
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}',
  );
});
