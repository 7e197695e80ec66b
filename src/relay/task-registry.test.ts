import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTasks, type Task } from './task-registry.ts';

const task = (id: string, more: Partial<Task> = {}): Task => ({
  owner: 'alice',
  agent: 'a',
  session: undefined,
  claimed: undefined,
  server: 's',
  tool: 't',
  id,
  era: 'modern',
  createdAt: '2026-01-01T00:00:00Z',
  ...more,
});

it('finds a task for its principal alone, under an id that cannot be guessed', async () => {
  const tasks = createTasks();
  const id = await tasks.keep(task('1'));
  expect(id).toMatch(/^task_[\w-]{24}$/);
  expect(tasks.find(id, 'alice')?.id).toBe('1');
  expect(tasks.find(id, 'bob')).toBeUndefined();
  expect(tasks.find('1', 'alice')).toBeUndefined();
});

it('lists the tasks of one agent', async () => {
  const tasks = createTasks();
  await tasks.keep(task('1'));
  await tasks.keep(task('2', { agent: 'b' }));
  await tasks.keep(task('3', { owner: 'bob' }));
  expect([...tasks.of({ owner: 'alice', agent: 'a' })].map(([, { id }]) => id)).toEqual(['1']);
});

it('who makes too many loses their own that were not asked for longest, and nobody else loses any', async () => {
  const tasks = createTasks({ maxPerOwner: 2 });
  const bobs = await tasks.keep(task('0', { owner: 'bob' }));
  const [first, second] = [await tasks.keep(task('1')), await tasks.keep(task('2'))];
  tasks.find(first, 'alice');
  const third = await tasks.keep(task('3'));
  expect([first, second, third].map((id) => tasks.find(id, 'alice')?.id)).toEqual(['1', undefined, '3']);
  expect(tasks.find(bobs, 'bob')?.id).toBe('0');
});

it('keeps no more than its bound in all', async () => {
  const tasks = createTasks({ max: 3 });
  const ids: string[] = [];
  for (const owner of ['a', 'b', 'c', 'd']) ids.push(await tasks.keep(task(owner, { owner })));
  expect(['a', 'b', 'c', 'd'].filter((owner, at) => tasks.find(ids[at] ?? '', owner) !== undefined)).toHaveLength(3);
});

describe('with a key', () => {
  const bytes = randomBytes(32);
  const keys = async (): Promise<readonly Uint8Array[]> => [bytes];
  const full = task('1', { session: 's1', claimed: 'a', named: { server: 'v', name: undefined }, era: 'legacy' });

  it('knows a task by its id alone, after a restart or when it was forgotten', async () => {
    const id = await createTasks({ keys, tag: 'w1.' }).keep(full);
    expect(id).toMatch(/^w1\.task_[\w-]+$/);
    const tasks = createTasks({ keys, maxPerOwner: 1 });
    expect(tasks.find(id, 'alice')).toBeUndefined();
    await tasks.recall(id, 'alice');
    expect(tasks.find(id, 'alice')).toEqual(full);
    await tasks.keep(task('2'));
    expect(tasks.find(id, 'alice')).toBeUndefined();
    await tasks.recall(id, 'alice');
    expect(tasks.find(id, 'alice')).toEqual(full);
  });

  it('an id opens for its owner alone, with its key alone, as it is spelled', async () => {
    const id = await createTasks({ keys }).keep(full);
    const at = id.length - 20;
    const changed = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
    const tries = [
      ['bob', id],
      ...[changed, `w1.${id}`, `${id}=`, ` ${id}`, `${id}A`, id.slice(0, -1)].map((other) => ['alice', other]),
    ] as const;
    const tasks = createTasks({ keys });
    for (const [owner = '', other = ''] of tries) {
      await tasks.recall(other, owner);
      expect(tasks.find(other, owner), other).toBeUndefined();
    }
    const others = createTasks({ keys: async () => [randomBytes(32)] });
    await others.recall(id, 'alice');
    expect(others.find(id, 'alice')).toBeUndefined();
  });

  it('opens with any of several keys, and seals with the first', async () => {
    const old = randomBytes(32);
    const id = await createTasks({ keys: async () => [old] }).keep(full);
    const both = createTasks({ keys: async () => [bytes, old] });
    await both.recall(id, 'alice');
    expect(both.find(id, 'alice')).toEqual(full);
    const newer = createTasks({ keys });
    const next = await both.keep(full);
    await newer.recall(next, 'alice');
    expect(newer.find(next, 'alice')).toEqual(full);
  });

  it('says nothing of what it carries, and of no task that an id cannot carry', async () => {
    const tasks = createTasks({ keys });
    const id = await tasks.keep(task('secret-of-the-server'));
    expect(Buffer.from(id.slice(5), 'base64url').toString('latin1')).not.toContain('secret');
    for (const one of [task('x'.repeat(2_000)), task('1', { createdAt: undefined })]) {
      expect(await tasks.keep(one)).toMatch(/^task_[\w-]{24}$/);
    }
  });

  it('without one, ids end with the process', async () => {
    const id = await createTasks().keep(full);
    const tasks = createTasks();
    await tasks.recall(id, 'alice');
    expect(tasks.find(id, 'alice')).toBeUndefined();
  });
});
