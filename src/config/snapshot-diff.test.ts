import { expect, test } from 'vitest';
import { describeChanges, diffServers } from './snapshot-diff.ts';

const servers = (entries: Record<string, string>, timeoutMs?: number) =>
  new Map(Object.entries(entries).map(([name, key]) => [name, { key, description: undefined, timeoutMs }]));

test('servers are added, removed, updated or unchanged, by name and key', () => {
  const changes = diffServers(servers({ a: '1', b: '1', d: '1', c: '1' }), servers({ e: '1', c: '1', b: '2', a: '1' }));
  expect(changes).toEqual({ added: ['e'], removed: ['d'], updated: ['b'], unchanged: ['a', 'c'] });
  expect(describeChanges(changes)).toBe('+1 (e) -1 (d) ~1 (b) =2 (a, c)');
});

test('another time-out is an update although the connection stays', () => {
  expect(diffServers(servers({ a: '1' }, 5), servers({ a: '1' }, 6)).updated).toEqual(['a']);
});

test('nothing and names that could break the line', () => {
  expect(describeChanges(diffServers(servers({}), servers({})))).toBe('+0 -0 ~0 =0');
  expect(describeChanges(diffServers(servers({}), servers({ 'x\ny': '1' })))).toBe('+1 (x\\ny) -0 ~0 =0');
});
