import { expect, it } from 'vitest';
import { digestOf } from '../definition.ts';
import { compareWithLock } from './compare-with-lock.ts';
import { type KeptDefinitions, lockedFrom, NOTHING_KEPT, withSight } from './kept-definitions.ts';
import { lockKey } from './lock-text.ts';
import { type Sight, sightOf } from './sight.ts';

const sight = (tools: Readonly<Record<string, object>>): Sight =>
  sightOf(
    'tool',
    new Map(
      Object.entries(tools).map(([name, more]) => {
        const raw = JSON.stringify({ name, ...more });
        return [name, { raw, hash: digestOf(raw) }];
      }),
    ),
  );
const seen = (before: KeptDefinitions, tools: Readonly<Record<string, object>>): KeptDefinitions =>
  withSight(before, sight(tools), lockedFrom(before));

const first = seen(NOTHING_KEPT, { read: { description: 'r' }, write: { description: 'w' }, list: {} });
const locked = lockedFrom(first);

it('says what is new, changed, gone and as it was', () => {
  const now = seen(first, { read: { description: 'R' }, list: {}, drop: { description: 'd' } });
  const { changes, same } = compareWithLock(locked, now);
  expect(same).toBe(1);
  expect(changes).toEqual([
    { kind: 'tool', name: 'drop', what: 'new', before: undefined, after: '{"name":"drop","description":"d"}' },
    {
      kind: 'tool',
      name: 'read',
      what: 'changed',
      before: '{"name":"read","description":"r"}',
      after: '{"name":"read","description":"R"}',
    },
    { kind: 'tool', name: 'write', what: 'removed', before: '{"name":"write","description":"w"}', after: undefined },
  ]);
  expect(compareWithLock(lockedFrom(now), now)).toMatchObject({ changes: [], same: 3 });
});

it('tells a removal and an equal definition under another name as a rename', () => {
  const now = seen(first, { read: { description: 'r' }, put: { description: 'w' }, list: {} });
  expect(compareWithLock(locked, now).changes).toMatchObject([
    { kind: 'tool', name: 'write', what: 'renamed', to: 'put' },
  ]);
  expect(lockedFrom(now).has(lockKey('tool', 'write'))).toBe(false);
});

it('knows nothing of kinds that were not looked at', () => {
  const more = new Map([...locked, [lockKey('prompt', 'p'), 'digest'] as const]);
  expect(compareWithLock(more, first).changes).toEqual([]);
  expect(compareWithLock(undefined, first).changes.map(({ what }) => what)).toEqual(['new', 'new', 'new']);
});

it('names what was seen, the same whatever the order, another one after any change', () => {
  const again = seen(NOTHING_KEPT, { list: {}, write: { description: 'w' }, read: { description: 'r' } });
  expect(compareWithLock(locked, again).state).toBe(compareWithLock(undefined, first).state);
  expect(compareWithLock(locked, seen(first, { list: {} })).state).not.toBe(compareWithLock(locked, first).state);
});

it('keeps what was seen as it is where nothing is new, and the texts of what is locked', () => {
  expect(withSight(first, sight({ list: {}, read: { description: 'r' }, write: { description: 'w' } }), locked)).toBe(
    first,
  );
  const now = seen(first, { read: { description: 'R' } });
  expect(now.texts.size).toBe(4);
  expect(withSight(now, sight({ read: { description: 'R' } }), undefined).texts.size).toBe(3);
});
