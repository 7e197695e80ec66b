import { expect, it } from 'vitest';
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
  ...more,
});

it('finds a task for its principal alone, under an id that cannot be guessed', () => {
  const tasks = createTasks();
  const id = tasks.keep(task('1'));
  expect(id).toMatch(/^task_[\w-]{24}$/);
  expect(tasks.find(id, 'alice')?.id).toBe('1');
  expect(tasks.find(id, 'bob')).toBeUndefined();
  expect(tasks.find('1', 'alice')).toBeUndefined();
});

it('lists the tasks of one agent', () => {
  const tasks = createTasks();
  tasks.keep(task('1'));
  tasks.keep(task('2', { agent: 'b' }));
  tasks.keep(task('3', { owner: 'bob' }));
  expect([...tasks.of({ owner: 'alice', agent: 'a' })].map(([, { id }]) => id)).toEqual(['1']);
});

it('who makes too many loses their own that were not asked for longest, and nobody else loses any', () => {
  const tasks = createTasks({ maxPerOwner: 2 });
  const bobs = tasks.keep(task('0', { owner: 'bob' }));
  const [first, second] = [tasks.keep(task('1')), tasks.keep(task('2'))];
  tasks.find(first, 'alice');
  const third = tasks.keep(task('3'));
  expect([first, second, third].map((id) => tasks.find(id, 'alice')?.id)).toEqual(['1', undefined, '3']);
  expect(tasks.find(bobs, 'bob')?.id).toBe('0');
});

it('keeps no more than its bound in all', () => {
  const tasks = createTasks({ max: 3 });
  const ids = ['a', 'b', 'c', 'd'].map((owner) => [owner, tasks.keep(task(owner, { owner }))] as const);
  expect(ids.filter(([owner, id]) => tasks.find(id, owner) !== undefined)).toHaveLength(3);
});
