import { expect, it } from 'vitest';
import { parseMessage } from '../../protocol/json-rpc.ts';
import { httpServer } from '../testing.ts';
import { ChangeEvents } from './change-events.ts';

function create() {
  const events: string[] = [];
  const changes = new ChangeEvents(httpServer('http://127.0.0.1:1'), {
    toolsChanged: () => events.push('tools'),
    promptsChanged: () => events.push('prompts'),
    resourcesChanged: () => events.push('resources'),
    resourceUpdated: (_server, uri) => events.push(uri),
  });
  const take = (name: string, params: object = {}): string[] => {
    const text = JSON.stringify({ jsonrpc: '2.0', method: `notifications/${name}`, params });
    const message = parseMessage(text, 'server');
    if (message.kind !== 'notification') throw new Error(message.kind);
    changes.take(message);
    return events.splice(0);
  };
  return { take, events, changes };
}

it('makes an event of each list that changed, and of a resource that names itself', () => {
  const { take } = create();
  expect(take('tools/list_changed')).toEqual(['tools']);
  expect(take('prompts/list_changed')).toEqual(['prompts']);
  expect(take('resources/list_changed')).toEqual(['resources']);
  expect(take('resources/updated', { uri: 'a:b' })).toEqual(['a:b']);
  expect(take('resources/updated', { uri: 7 })).toEqual([]);
  expect(take('resources/updated')).toEqual([]);
});

it('takes every list for changed when the server is subscribed to again, and not the first time', () => {
  const { take } = create();
  expect(take('subscriptions/acknowledged')).toEqual([]);
  expect(take('subscriptions/acknowledged')).toEqual(['tools', 'prompts', 'resources']);
});
