import { type ResultBody, rewritten } from '../protocol/codec.ts';
import { elements } from '../protocol/json.ts';
import { readObject, stringValue } from '../protocol/messages.ts';
import { findMember } from '../protocol/scan.ts';

/**
 * A `resources/read` result whose `contents` name the resource as the caller asked for it. Everything else stays the text it
 * was.
 */
export function replaceUris(body: ResultBody, original: string, exposed: string): ResultBody {
  const { text, metaAt } = body;
  const contents = findMember(readObject(text), 'contents');
  if (contents === undefined || text.charAt(contents.start) !== '[') return body;
  let replaced = '';
  let at = contents.start;
  for (const element of elements(text.slice(contents.start, contents.end))) {
    const start = text.indexOf(element, at);
    replaced += text.slice(at, start) + replaceUri(element, original, exposed);
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

function replaceUri(element: string, original: string, exposed: string): string {
  const uri = findMember(readObject(element), 'uri');
  if (uri === undefined || stringValue(element, uri) !== original) return element;
  return element.slice(0, uri.start) + JSON.stringify(exposed) + element.slice(uri.end);
}
