import { expect, it, test } from 'vitest';
import { readContents } from './read-contents.ts';

test('contents are texts, or bytes in base64', async () => {
  const text =
    '{"_meta":{},"contents":[{"uri":"a:1","text":"\\u201c1","mimeType":"x"},{"uri":"a:2","blob":"AP8K","_meta":{"n":1}}]}';
  expect(await readContents(text)).toEqual([
    { uri: 'a:1', bytes: Buffer.from('“1') },
    { uri: 'a:2', bytes: Buffer.from([0, 255, 10]) },
  ]);
  expect(await readContents('{"contents":[{"uri":"a:1","text":"t","blob":null}]}')).toHaveLength(1);
});

test('a result that asks for input has none', async () => {
  expect(await readContents('{"resultType":"input_required","inputRequests":{}}')).toBe('none');
});

it.each([
  ['the list twice', '{"contents":[{"uri":"a:1","text":"good"}],"contents":[{"uri":"a:1","text":"evil"}]}'],
  ['the list in another case', '{"contents":[{"uri":"a:1","text":"good"}],"Contents":[]}'],
  ['a text twice', '{"contents":[{"uri":"a:1","text":"good","text":"evil"}]}'],
  ['a text in another case', '{"contents":[{"uri":"a:1","text":"good","Text":"evil"}]}'],
  ['a text and bytes', '{"contents":[{"uri":"a:1","text":"good","blob":"ZXZpbA=="}]}'],
  ['bytes that decoders read differently', '{"contents":[{"uri":"a:1","blob":"AP8K=ZXZpbA=="}]}'],
  ['bytes with spaces', '{"contents":[{"uri":"a:1","blob":"AP 8K"}]}'],
  ['nothing', '{"contents":[{"uri":"a:1"}]}'],
  ['no URI', '{"contents":[{"text":"good"}]}'],
  ['an empty list', '{"contents":[]}'],
  ['no list', '{"contents":{"uri":"a:1","text":"good"}}'],
])('is not read in one way: %s', async (_, text) => {
  expect(await readContents(text)).toBeUndefined();
});
