import { type ResultBody, rewritten } from '../../protocol/era-codec.ts';
import { readObjectInTurns } from '../../protocol/json-rpc.ts';
import { elementsInTurns } from '../../protocol/json-text.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import { createSlices } from '../../shared/slices.ts';

/** Contents that are looked at: those of a resource are few, and those of a folder are not many. */
const MAX_CONTENTS = 10_000;

/**
 * A `resources/read` result whose `contents` name the resource as the caller asked for it. Everything else stays the text it
 * was. Others get their turn meanwhile where it is large.
 */
export async function replaceUris(body: ResultBody, original: string, exposed: string): Promise<ResultBody> {
  const { text, metaAt } = body;
  const contents = findMember(await readObjectInTurns(text), 'contents');
  if (contents === undefined || text.charAt(contents.start) !== '[') return body;
  const slice = createSlices();
  let replaced = '';
  let at = contents.start;
  for (const element of await elementsInTurns(text.slice(contents.start, contents.end), MAX_CONTENTS)) {
    await slice();
    const start = text.indexOf(element, at);
    replaced += text.slice(at, start) + (await replaceUri(element, original, exposed));
    at = start + element.length;
  }
  replaced += text.slice(at, contents.end);
  const shift = replaced.length - (contents.end - contents.start);
  return rewritten(
    body,
    text.slice(0, contents.start) + replaced + text.slice(contents.end),
    metaAt > contents.start ? metaAt + shift : metaAt,
  );
}

async function replaceUri(element: string, original: string, exposed: string): Promise<string> {
  const uri = findMember(await readObjectInTurns(element), 'uri');
  if (uri === undefined || stringValue(element, uri) !== original) return element;
  return element.slice(0, uri.start) + JSON.stringify(exposed) + element.slice(uri.end);
}
