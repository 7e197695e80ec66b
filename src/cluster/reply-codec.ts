/** Replies of servers on their way from one worker to another. */
import type { CallTimes } from '../observe/call-times.ts';
import type { Reply } from '../upstream/contract.ts';
import type { Head } from './remote-frames.ts';

/** @param id of the question that it answers. @param times where the time of the request went */
export function replyFrame(
  id: number,
  reply: Reply,
  times: CallTimes | undefined,
): readonly [head: Head, body: string | undefined] {
  const [queue, server] = encodeTimes(times);
  if (!reply.ok)
    return [['reply', id, false, queue, server, reply.code, reply.message, reply.data !== undefined], reply.data];
  const { text, metaAt, resultType, isError, ttlMs, cacheScope } = reply.result;
  return [['reply', id, true, queue, server, metaAt, resultType, isError, ttlMs ?? null, cacheScope ?? null], text];
}

export function decodeReply(head: Head, body: string): Reply {
  const [, , ok, , , ...rest] = head;
  if (ok === true) {
    const [metaAt, resultType, isError, ttlMs, scope] = rest as [number, string, boolean, number | null, string | null];
    const cacheScope = scope === 'public' || scope === 'private' ? scope : undefined;
    return { ok, result: { text: body, metaAt, resultType, isError, ttlMs: ttlMs ?? undefined, cacheScope } };
  }
  const [code, message, hasData] = rest as [number, string, boolean];
  return { ok: false, code, message, ...(hasData ? { data: body } : {}) };
}

/** Milliseconds in the queue and at the server, to a microsecond; they stand at the same place in what tells of a failure. */
export function encodeTimes(times: CallTimes | undefined): readonly [queue: number, server: number] {
  return [rounded(times?.queue ?? 0), rounded(times?.server ?? 0)];
}

/** Adds the times of a frame. */
export function takeTimes(times: CallTimes, head: Head): void {
  const [, , , queue, server] = head;
  if (typeof queue === 'number') times.queue += queue;
  if (typeof server === 'number') times.server += server;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
