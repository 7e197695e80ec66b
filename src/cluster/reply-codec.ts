/** Replies of servers on their way from one worker to another. */
import type { Reply } from '../upstream/contract.ts';
import type { Head } from './remote-frames.ts';

/** @param id of the question that it answers */
export function replyFrame(id: number, reply: Reply): readonly [head: Head, body: string | undefined] {
  if (!reply.ok) return [['reply', id, false, reply.code, reply.message, reply.data !== undefined], reply.data];
  const { text, metaAt, resultType, isError, ttlMs } = reply.result;
  return [['reply', id, true, metaAt, resultType, isError, ttlMs ?? null], text];
}

export function decodeReply(head: Head, body: string): Reply {
  const [, , ok, ...rest] = head;
  if (ok === true) {
    const [metaAt, resultType, isError, ttlMs] = rest as [number, string, boolean, number | null];
    return { ok, result: { text: body, metaAt, resultType, isError, ttlMs: ttlMs ?? undefined } };
  }
  const [code, message, hasData] = rest as [number, string, boolean];
  return { ok: false, code, message, ...(hasData ? { data: body } : {}) };
}
