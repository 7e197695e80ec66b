/** Results of servers in which some strings are other ones. All else stays the text it was. */
import { type ResultBody, rewritten } from '../../protocol/era-codec.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  /** JSON text. */
  readonly text: string;
}

/** @param edits in order, none of them in `_meta` */
export function withEdits(body: ResultBody, edits: readonly Edit[]): ResultBody {
  if (edits.length === 0) return body;
  let text = '';
  let at = 0;
  let metaAt = body.metaAt;
  for (const { start, end, text: other } of edits) {
    text += body.text.slice(at, start) + other;
    if (body.metaAt > start) metaAt += other.length - (end - start);
    at = end;
  }
  return rewritten(body, text + body.text.slice(at), metaAt);
}
