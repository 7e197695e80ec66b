import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import type { ClientAnswer, Reply } from '../upstream/contract.ts';
import { type Conversation, type ConversationHooks, converse } from './conversation.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const REPLY: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

/** A call whose server is this test. */
function open() {
  let hooks: ConversationHooks | undefined;
  let answer: (reply: Reply) => void = () => {};
  const conversation: Conversation = converse((given) => {
    hooks = given;
    return new Promise((resolve, reject) => {
      answer = resolve;
      given.signal.addEventListener('abort', () => reject(given.signal.reason));
    });
  });
  const ask = (message: string, withdrawn = new Canceller()): Promise<ClientAnswer> => {
    if (hooks === undefined) throw new Error('No call.');
    return hooks.onRequest({ method: 'elicitation/create', params: message, withdrawn });
  };
  return { conversation, ask, answer: () => answer(REPLY) };
}

async function askedNext(conversation: Conversation): Promise<readonly string[]> {
  const turn = await conversation.turn();
  return turn.kind === 'asked' ? [...turn.requests.values()].map(({ params }) => params) : [turn.kind];
}

it('what is asked at one time is asked together, also when it comes one by one; what was taken back is not', async () => {
  const { conversation, ask } = open();
  const turn = askedNext(conversation);
  const taken = new Canceller();
  void ask('taken back', taken);
  await vi.advanceTimersByTimeAsync(1);
  taken.abort();
  await vi.advanceTimersByTimeAsync(1000);
  void ask('one');
  await vi.advanceTimersByTimeAsync(1);
  void ask('two');
  await vi.advanceTimersByTimeAsync(1000);
  expect(await turn).toEqual(['one', 'two']);
});

it.each(['answered', 'given up'])('a call that is %s leaves no question open', async (how) => {
  const { conversation, ask, answer } = open();
  const question = ask('m');
  const first = askedNext(conversation);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await first).toEqual(['m']);
  if (how === 'answered') answer();
  else conversation.abort(new Error('gone'));
  expect(await question).toMatchObject({ ok: false, code: -32603 });
  const last = conversation.turn();
  if (how === 'answered') expect(await last).toMatchObject({ kind: 'reply' });
  else await expect(last).rejects.toThrow('gone');
});
