import { describe, expect, it } from 'vitest';
import { operationOf } from './router.ts';

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
    expect(operationOf(method, SINGLE, 'legacy')?.name).toBe(method);
  });

  it('passes on what it does not know to the one server of a view, and to none of many', () => {
    expect(operationOf('vendor/thing', SINGLE, 'legacy')).toBeDefined();
    expect(operationOf('vendor/thing', { mode: 'discovery' }, 'legacy')).toBeUndefined();
  });

  it.each(['ping', 'initialize', 'tasks/unknown'])('never passes on %s, which is its own', (method) => {
    expect(operationOf(method, SINGLE, 'legacy')).toBeUndefined();
  });
});
