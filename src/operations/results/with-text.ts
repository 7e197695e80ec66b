import { type ResultBody, rewritten } from '../../protocol/era-codec.ts';
import { readObjectInTurns } from '../../protocol/json-rpc.ts';
import { findMember } from '../../protocol/members.ts';

/** The result with one more text block; undefined where it has no list of blocks. */
export async function withText(body: ResultBody, said: string): Promise<ResultBody | undefined> {
  const { text, metaAt } = body;
  const content = findMember(await readObjectInTurns(text), 'content');
  if (content === undefined || text.charAt(content.start) !== '[') return undefined;
  const at = content.end - 1;
  const isEmpty = text.slice(content.start + 1, at).trim() === '';
  const added = `${isEmpty ? '' : ','}${JSON.stringify({ type: 'text', text: said })}`;
  return rewritten(body, text.slice(0, at) + added + text.slice(at), metaAt > at ? metaAt + added.length : metaAt);
}
