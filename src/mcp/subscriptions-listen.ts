/** `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): a request whose answer is an open stream of changes. */

import type { ListKind } from '../catalog/server-lists.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { ResultBody } from '../protocol/era-codec.ts';
import { notificationText } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { findMember, parsedValue } from '../protocol/members.ts';
import { META_SUBSCRIPTION } from '../protocol/revisions.ts';
import type { Exchange } from './handler.ts';
import { type Listener, MAX_WATCHED, type Subscriptions, type Watched } from './subscriptions.ts';

const FILTERS = {
  toolsListChanged: 'tools',
  promptsListChanged: 'prompts',
  resourcesListChanged: 'resources',
} as const satisfies Record<string, ListKind>;

interface ListenOptions {
  readonly subscriptions: Subscriptions;
  readonly view: () => View;
  /** Subscribes to a resource, under the rules. @returns whose it is; undefined where it was refused */
  readonly subscribe: (uri: string) => Promise<Watched | undefined>;
}

/** True if a request wants to hear of tasks, for which its caller must declare the extension (ext-tasks). */
export function asksForTasks({ text, params }: RequestMessage): boolean {
  const value = parsedValue(text, findMember(params, 'notifications'));
  return typeof value === 'object' && value !== null && own(value, 'taskIds') !== undefined;
}

/**
 * Serves one stream until its caller cancels or the gateway ends it.
 * @returns the result that says so; undefined where the request is not valid.
 */
export async function listen(
  request: RequestMessage,
  exchange: Exchange,
  { subscriptions, view, subscribe }: ListenOptions,
): Promise<ResultBody | undefined> {
  const filter = readFilter(request);
  if (filter === undefined) return undefined;
  const meta = `"_meta":{${JSON.stringify(META_SUBSCRIPTION)}:${request.id}}`;
  const notify = (method: string, params: string): void =>
    exchange.notify(notificationText(method, params === '' ? meta : `${meta},${params}`));

  const watched = new Map<string, Watched>();
  const resources = await Promise.all(filter.resources.map(subscribe));
  for (const [at, uri] of filter.resources.entries()) {
    const resource = resources[at];
    if (resource !== undefined) watched.set(uri, resource);
  }
  const agreed = { ...filter.lists, ...(watched.size === 0 ? {} : { resourceSubscriptions: [...watched.keys()] }) };
  notify('notifications/subscriptions/acknowledged', `"notifications":${JSON.stringify(agreed)}`);

  await new Promise<void>((resolve) => {
    const listener: Listener = {
      connection: exchange.connection,
      view,
      watched,
      wants: (kind) => filter.kinds.has(kind),
      listChanged: (kind) => notify(`notifications/${kind}/list_changed`, ''),
      resourceUpdated: (uri) => notify('notifications/resources/updated', `"uri":${JSON.stringify(uri)}`),
      renew: (uri) => void subscribe(uri),
      end: resolve,
    };
    const remove = subscriptions.add(listener);
    const gone = (): void => {
      remove();
      resolve();
    };
    if (exchange.signal.aborted) gone();
    else exchange.signal.addEventListener('abort', gone, { once: true });
  });
  return { text: `{${meta}}`, metaAt: '{"_meta":{'.length };
}

/** A member that says something. */
function own(object: object, key: string): unknown {
  const value: unknown = Object.hasOwn(object, key) ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
  return value ?? undefined;
}

interface Filter {
  readonly kinds: ReadonlySet<ListKind>;
  readonly lists: Readonly<Record<string, true>>;
  readonly resources: readonly string[];
}

function readFilter({ text, params }: RequestMessage): Filter | undefined {
  const value = parsedValue(text, findMember(params, 'notifications'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const asked = value as Readonly<Record<string, unknown>>;
  const wanted = Object.entries(FILTERS).filter(([key]) => own(asked, key) === true);
  const list = own(asked, 'resourceSubscriptions') ?? [];
  if (!Array.isArray(list) || list.length > MAX_WATCHED || !list.every((uri) => typeof uri === 'string'))
    return undefined;
  return {
    kinds: new Set(wanted.map(([, kind]) => kind)),
    lists: Object.fromEntries(wanted.map(([key]) => [key, true as const])),
    resources: [...new Set<string>(list)],
  };
}
