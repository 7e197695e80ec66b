import { describe, expect, it } from 'vitest';
import type { TaskCaller } from '../operations/server-methods/task-requests.ts';
import { operationOf } from './router.ts';

const caller = { client: { era: 'legacy' }, owner: 'p', tasks: {} } as unknown as TaskCaller;
const SINGLE = { mode: 'single', server: 'one' } as const;

describe('the router', () => {
  it.each([
    'tools/list',
    'tools/call',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'completion/complete',
  ])('has an operation for %s in the view of one server', (method) => {
    expect(operationOf(method, SINGLE, caller)?.name).toBe(method);
  });

  it('passes on what it does not know to the one server of a view, and to none of many', () => {
    expect(operationOf('vendor/thing', SINGLE, caller)).toBeDefined();
    expect(operationOf('vendor/thing', { mode: 'discovery' }, caller)).toBeUndefined();
  });

  it.each(['ping', 'initialize', 'tasks/unknown'])('never passes on %s, which is its own', (method) => {
    expect(operationOf(method, SINGLE, caller)).toBeUndefined();
  });
});
