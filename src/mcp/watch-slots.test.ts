import { expect, it } from 'vitest';
import { MAX_WATCHED, type Watched } from './subscriptions.ts';
import { WatchSlots } from './watch-slots.ts';

const WATCHED = { server: 's', uri: 'a:b' };

it('a session has its number of places, however its subscriptions overlap', () => {
  const slots = new WatchSlots();
  const session = { watched: new Map<string, Watched>() };
  const begun = Array.from({ length: MAX_WATCHED }, () => slots.take(session));
  expect(begun).not.toContain(undefined);
  expect(slots.take(session)).toBeUndefined();
  begun[0]?.free();
  const [last, tooMany] = [slots.take(session), slots.take(session)];
  expect([last === undefined, tooMany]).toEqual([false, undefined]);
  // Agreed to, and not answered yet: that is one place.
  for (const [at, slot] of [last, ...begun.slice(1, -1)].entries()) slot?.fill(`a:${at}`, WATCHED);
  begun.at(-1)?.free();
  expect([slots.take(session) === undefined, slots.take(session)]).toEqual([false, undefined]);
});

it('a place that is filled is not given up by the end of its request', () => {
  const slots = new WatchSlots();
  const session = { watched: new Map<string, Watched>() };
  const slot = slots.take(session);
  slot?.fill('a:b', WATCHED);
  slot?.free();
  const more = Array.from({ length: MAX_WATCHED }, () => slots.take(session)).filter((one) => one !== undefined);
  expect([session.watched.size, more.length]).toEqual([1, MAX_WATCHED - 1]);
});
