/** The notifications of a modern server (2026-07-28, basic/patterns/subscriptions), and the request with which it is asked to. */
import { TASKS } from '../../protocol/extensions.ts';
import type { NotificationMessage } from '../../protocol/json-rpc.ts';
import type { ServerFacts } from '../contract.ts';

/** Lists whose changes a server can announce, and the field of the subscription that asks for it. */
export const LISTS = [
  ['tools', 'toolsListChanged'],
  ['prompts', 'promptsListChanged'],
  ['resources', 'resourcesListChanged'],
] as const;

/** True where the server can speak first: of changes of a list, or of resources. */
export function announcesChanges(facts: ServerFacts): boolean {
  return LISTS.some(([list]) => offers(facts, list, 'listChanged')) || offers(facts, 'resources', 'subscribe');
}

/** True where the server makes tasks (ext-tasks), of whose changes it may tell. */
export function makesTasks({ capabilities }: ServerFacts): boolean {
  const { extensions } = capabilities;
  return typeof extensions === 'object' && extensions !== null && Object.hasOwn(extensions, TASKS);
}

/** True if a capability has this field. */
export function offers({ capabilities }: ServerFacts, name: string, field: string): boolean {
  const capability = capabilities[name];
  return (
    typeof capability === 'object' && capability !== null && (capability as Record<string, unknown>)[field] === true
  );
}

/** The request that is kept open. */
export interface ListenRequest {
  /** Listens to these resources from now on. Resolves when the server agreed, refused, or let the time pass. */
  setResources(uris: readonly string[]): Promise<void>;
  /** Listens to this task too, until it has ended. @returns whether the server agreed to tell of it */
  watchTask(id: string): Promise<boolean>;
  /** Takes a notification: the server agrees to what was asked first of what it has not agreed to yet, or a task has ended. */
  heard(message: NotificationMessage): void;
}

/** The same as soon as it is loaded, in order. */
export function onceLoaded(loading: Promise<ListenRequest>): ListenRequest {
  return {
    setResources: async (uris) => (await loading).setResources(uris),
    watchTask: async (id) => (await loading).watchTask(id),
    heard: (message) => void loading.then((request) => request.heard(message)),
  };
}
