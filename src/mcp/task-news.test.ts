import { expect, it } from 'vitest';
import type { CallOutcome } from '../pipeline/caller.ts';
import { createDeferred } from '../shared/deferred.ts';
import { TaskNews } from './task-news.ts';

it('asks about a task once at a time, and once more for all that changed meanwhile', async () => {
  const asked = [createDeferred<CallOutcome>(), createDeferred<CallOutcome>(), createDeferred<CallOutcome>()];
  const told: string[] = [];
  let questions = 0;
  const news = new TaskNews({
    state: () => asked[questions++]?.promise ?? Promise.reject(new Error('asked too often')),
    tell: ({ text }) => told.push(text),
  });
  for (let times = 0; times < 10; times++) news.changed('a');
  expect(questions).toBe(1);
  asked[0]?.resolve({ kind: 'result', body: { text: '1', metaAt: -1 } });
  await expect.poll(() => questions).toBe(2);
  asked[1]?.resolve({ kind: 'error', code: -32602, message: 'There is no such task.' });
  await asked[1]?.promise;
  await Promise.resolve();
  expect([questions, told]).toEqual([2, ['1']]);
  news.changed('a');
  asked[2]?.resolve({ kind: 'result', body: { text: '3', metaAt: -1 } });
  await expect.poll(() => told).toEqual(['1', '3']);
});
