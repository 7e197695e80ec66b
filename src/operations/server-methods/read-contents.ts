/** Reads the result of `resources/read` as every reader would, to compare it with what was promised. */
import { Buffer } from 'node:buffer';
import { readObjectInTurns } from '../../protocol/json-rpc.ts';
import { elementsInTurns } from '../../protocol/json-text.ts';
import { isAmbiguous, namesOf, treeOf } from '../../protocol/member-names.ts';
import { findMember, type ScannedObject, stringValueInTurns } from '../../protocol/members.ts';

/** Contents that are looked at. */
const MAX_CONTENTS = 100;
const RESULT_NAMES = namesOf(treeOf('contents'));
const CONTENT_NAMES = namesOf(treeOf('uri text blob mimeType'));

/** Something that a result says a resource contains. */
interface ReadContent {
  readonly uri: string;
  readonly bytes: Buffer;
}

/** Undefined where readers could find different things in it, or nothing; `none` where it is another kind of result. */
export async function readContents(text: string): Promise<readonly ReadContent[] | 'none' | undefined> {
  const result = await readObjectInTurns(text);
  if (result === undefined || isAmbiguous(result, RESULT_NAMES)) return undefined;
  const list = findMember(result, 'contents');
  if (list === undefined) return 'none';
  if (text.charAt(list.start) !== '[') return undefined;
  const elements = await elementsInTurns(text.slice(list.start, list.end), MAX_CONTENTS + 1);
  if (elements.length === 0 || elements.length > MAX_CONTENTS) return undefined;
  const contents: ReadContent[] = [];
  for (const element of elements) {
    const object = await readObjectInTurns(element);
    if (object === undefined || isAmbiguous(object, CONTENT_NAMES)) return undefined;
    const uri = await stringValueInTurns(element, findMember(object, 'uri'));
    const bytes = await bytesOf(element, object);
    if (uri === undefined || bytes === undefined) return undefined;
    contents.push({ uri, bytes });
  }
  return contents;
}

/** A content has a text, or bytes in base64 that are written in the one way that all decoders read alike. */
async function bytesOf(element: string, object: ScannedObject): Promise<Buffer | undefined> {
  const [text, blob] = [findMember(object, 'text'), findMember(object, 'blob')];
  if (text !== undefined && blob !== undefined) return undefined;
  const written = await stringValueInTurns(element, text ?? blob);
  if (written === undefined || text !== undefined) return written === undefined ? undefined : Buffer.from(written);
  const bytes = Buffer.from(written, 'base64');
  return bytes.toString('base64') === written ? bytes : undefined;
}
