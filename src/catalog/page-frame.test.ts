import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember } from '../protocol/members.ts';
import { filled, frameOf, type PageFrame } from './page-frame.ts';

function frame(text: string): PageFrame {
  const root = readObject(text);
  const list = findMember(root, 'tools');
  if (root === undefined || list === undefined) throw new Error('no list');
  return frameOf(text, root, list);
}

it('keeps what stands beside the entries as it was written, around those that are put in', () => {
  const text =
    '{ "x":1.50 , "tools" : [{"name":"a"}], "nextCursor":"of the server", "_meta" : { "k":1e400 },"y":"\\u0041"}';
  expect(filled(frame(text), ['{"name":"b"}', '2'], 'ours')).toEqual({
    text: '{"x":1.50,"tools" : [{"name":"b"},2],"_meta" : { "k":1e400 },"y":"\\u0041","nextCursor":"ours"}',
    metaAt: 48,
  });
  expect(filled(frame('{"_meta":{},"tools":[1]}'), [], undefined)).toEqual({
    text: '{"_meta":{},"tools":[]}',
    metaAt: 10,
  });
  expect(filled(frame('{"tools":[]}'), [], 'c')).toEqual({ text: '{"tools":[],"nextCursor":"c"}', metaAt: -1 });
});

it('takes no second list along, whose entries nobody has read', () => {
  const text = '{"tools":[1],"t\\u006fols":["secret"],"_meta":7,"nextCursor":null,"nextCursor":"n"}';
  expect(filled(frame(text), ['1'], undefined)).toEqual({ text: '{"tools":[1]}', metaAt: -1 });
});

it('loses no member of any object, and finds its _meta', () => {
  const values = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(
      values,
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue()),
      fc.boolean(),
      (more, meta, list, first) => {
        const { nextCursor: _cursor, ...rest } = more;
        const tools = { tools: ['of the server'] };
        const page = first ? { ...tools, ...rest, _meta: meta } : { _meta: meta, ...rest, ...tools };
        const { text, metaAt } = filled(
          frame(JSON.stringify(page)),
          list.map((entry) => JSON.stringify(entry)),
          'c',
        );
        expect(JSON.parse(text)).toEqual({ ...JSON.parse(JSON.stringify({ ...page, tools: list })), nextCursor: 'c' });
        expect(text.slice(0, metaAt)).toMatch(/"_meta":\{$/);
      },
    ),
  );
});
