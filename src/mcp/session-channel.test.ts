import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DISCOVERY } from '../operations/server-methods/view.ts';
import { offeredOf } from '../relay/offered-capabilities.ts';
import { CALL_OVER } from '../relay/server-questions.ts';
import { Canceller } from '../shared/cancel.ts';
import { beginSession, type SessionState } from './session.ts';
import { standingOf } from './session-channel.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin() {
  const sent: string[] = [];
  const offered = offeredOf('{"roots":{}}', 'legacy', false);
  const session: SessionState = beginSession('1', { revision: '2025-11-25', offered });
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
  };
  const outlet = { send: (text: string) => void sent.push(text), isOpen: () => isOpen };
  const withdrawn = new Canceller();
  const ask = () => standingOf(session, outlet, () => DISCOVERY).asked({ method: 'roots/list', params: '', withdrawn });
  return { sent, session, withdrawn, close, ask };
}

it('a client is asked once it said that it is initialized', async () => {
  const { sent, session, ask } = begin();
  const answer = ask();
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([]);
  session.ready.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.map((text) => JSON.parse(text))).toMatchObject([{ method: 'roots/list' }]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await answer).toEqual(CALL_OVER);
});

it('a question to a client that never says so is over with its time', async () => {
  const { sent, ask } = begin();
  const answer = ask();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await answer).toEqual(CALL_OVER);
  expect(sent).toEqual([]);
});

it('a question to a client that never says so is over when it is withdrawn', async () => {
  const { sent, withdrawn, ask } = begin();
  const answer = ask();
  withdrawn.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(await answer).toEqual(CALL_OVER);
  expect(sent).toEqual([]);
});

it('a question whose way to the client closed before it was initialized is over', async () => {
  const { sent, session, close, ask } = begin();
  const answer = ask();
  close();
  session.ready.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(await answer).toEqual(CALL_OVER);
  expect(sent).toEqual([]);
});
