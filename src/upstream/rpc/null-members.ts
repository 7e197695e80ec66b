/** Null where nothing was meant inside results: some programs write every optional member, and clients refuse the whole result. */

import { readObject } from '../../protocol/json-rpc.ts';
import { elements, joinMembers } from '../../protocol/json-text.ts';
import type { Member } from '../../protocol/members.ts';
import { withoutNulls } from '../../protocol/nulls.ts';
import { isLarge } from '../../shared/large-text.ts';

/** Members of blocks of content, of contents of resources and of annotations that may be absent. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...['_meta', 'annotations', 'audience', 'blob', 'description', 'icons', 'lastModified'],
  ...['mimeType', 'priority', 'size', 'text', 'title'],
]);
/** Finds one of them, and none inside a string: the quotes there are escaped. */
const SAYS_NULL = new RegExp(`"(?:${[...OPTIONAL].join('|')})"\\s*:\\s*null`);
/** Objects inside them that have such members. */
const INNER: ReadonlySet<string> = new Set(['annotations', 'content', 'resource']);

/**
 * The list of a result as it is told on; undefined where that is the text as it stands. Large ones are.
 * @param list its member of the result; null for an empty one, as programs in Go write it
 */
export function clearedList(text: string, { start, end, isNull }: Member): string | undefined {
  if (isNull) return '[]';
  if (isLarge(end - start) || text.charAt(start) !== '[') return undefined;
  const written = text.slice(start, end);
  if (!written.includes('null') || !SAYS_NULL.test(written)) return undefined;
  const blocks = elements(written);
  const cleared = blocks.map(clearedBlock);
  return cleared.every((block, index) => block === blocks[index]) ? undefined : `[${cleared.join(',')}]`;
}

/** The same for the object that `completion/complete` is answered with. */
export function clearedCompletion(text: string, { start, end }: Member): string | undefined {
  const written = text.slice(start, end);
  const object = readObject(written);
  if (object === undefined) return undefined;
  const cleared = withoutNulls(written, object, (key, value) => {
    if (value !== 'null' || key === 'total' || key === 'hasMore') return undefined;
    return key === 'values' ? '[]' : value;
  });
  return cleared === written ? undefined : cleared;
}

function clearedBlock(text: string): string {
  const object = text.startsWith('{') ? readObject(text) : undefined;
  if (object === undefined) return text;
  let isWhole = true;
  const kept = object.members.map(({ key, keyStart, start, end, isNull }) => {
    const value = text.slice(start, end);
    const written = INNER.has(key) ? clearedBlock(value) : value;
    const isLeftOut = isNull && OPTIONAL.has(key);
    if (isLeftOut || written !== value) isWhole = false;
    return isLeftOut ? '' : text.slice(keyStart, start) + written;
  });
  return isWhole ? text : `{${joinMembers(...kept)}}`;
}
