import { expect, it } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import type { ClientAnswer, Reply } from '../upstream/contract.ts';
import type { ConversationHooks } from './conversation.ts';
import { TaskQuestions } from './task-questions.ts';

const REPLY: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

/** A server that is asked for the result of a task: this test. */
function server() {
  const waits: { hooks: ConversationHooks; end: (reply: Reply) => void }[] = [];
  const wait = (hooks: ConversationHooks): Promise<Reply> =>
    new Promise((resolve, reject) => {
      waits.push({ hooks, end: resolve });
      hooks.signal.addEventListener('abort', () => reject(hooks.signal.reason));
    });
  const ask = (params: string): Promise<ClientAnswer> | undefined =>
    waits.at(-1)?.hooks.onRequest({ method: 'roots/list', params, withdrawn: new Canceller() });
  return { waits, wait, ask };
}

it('gives all who ask the same questions, and the server the answers', async () => {
  const questions = new TaskQuestions();
  const { waits, wait, ask } = server();
  const asking = [questions.asked('t', 'o', wait), questions.asked('t', 'o', wait)];
  const answer = ask('"a":1');
  const [one, other] = await Promise.all(asking);
  expect(one).toEqual(other);
  const [[key = '', request] = []] = [...(one ?? [])];
  expect(request).toMatchObject({ method: 'roots/list', params: '"a":1' });
  questions.answer(
    't',
    new Map([
      [key, '{"roots":[]}'],
      ['ask-1', '{}'],
    ]),
  );
  expect(await answer).toEqual({ ok: true, result: '{"roots":[]}' });
  const next = questions.asked('t', 'o', wait);
  waits[0]?.end(REPLY);
  expect([(await next).size, waits.length]).toEqual([0, 1]);
  // Keys never mean two questions.
  const again = questions.asked('t', 'o', wait);
  void ask('');
  expect([...(await again).keys()]).not.toContain(key);
});

it('nobody waits any more for a task that has ended, and nobody for too many', async () => {
  const questions = new TaskQuestions(0.01);
  const { waits, wait, ask } = server();
  const first = questions.asked('a', 'o', wait);
  void ask('');
  await first;
  await expect(questions.asked('b', 'o', wait)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  questions.end('a');
  expect(waits[0]?.hooks.signal.aborted).toBe(true);
});
