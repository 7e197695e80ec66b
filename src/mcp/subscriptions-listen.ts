/** `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): a request whose answer is an open stream of changes. */

import type { ListKind } from '../catalog/server-lists.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { CallOutcome } from '../pipeline/caller.ts';
import { innerOf, notificationText, type ResultBody } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { joinMembers } from '../protocol/json-text.ts';
import { findMember, parsedValue } from '../protocol/members.ts';
import { META_SUBSCRIPTION } from '../protocol/revisions.ts';
import type { Task } from '../relay/task-registry.ts';
import type { Exchange } from './handler.ts';
import { type Listener, MAX_WATCHED, type Subscriptions, type Watched } from './subscriptions.ts';
import { TaskNews } from './task-news.ts';

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
  /** Listens to a task, likewise. @param id for the caller */
  readonly watchTask: (id: string) => Promise<Pick<Task, 'server' | 'id'> | undefined>;
  /** The state of a task now. */
  readonly taskState: (id: string) => Promise<CallOutcome>;
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
  { subscriptions, view, subscribe, watchTask, taskState }: ListenOptions,
): Promise<ResultBody | undefined> {
  const filter = readFilter(request);
  if (filter === undefined) return undefined;
  const subscription = `${JSON.stringify(META_SUBSCRIPTION)}:${request.id}`;
  const meta = `"_meta":{${subscription}}`;
  const notify = (method: string, params: string): void =>
    exchange.notify(notificationText(method, params === '' ? meta : `${meta},${params}`));

  const watched = new Map<string, Watched>();
  const resources = await Promise.all(filter.resources.map(subscribe));
  for (const [at, uri] of filter.resources.entries()) {
    const resource = resources[at];
    if (resource !== undefined) watched.set(uri, resource);
  }
  const tasks = await watchedTasks(filter.tasks, watchTask);
  const agreed = {
    ...filter.lists,
    ...(watched.size === 0 ? {} : { resourceSubscriptions: [...watched.keys()] }),
    ...(tasks.size === 0 ? {} : { taskIds: [...tasks.keys()] }),
  };
  notify('notifications/subscriptions/acknowledged', `"notifications":${JSON.stringify(agreed)}`);

  const news = new TaskNews({
    state: taskState,
    tell: (state) => exchange.notify(notificationText('notifications/tasks', withMeta(state, subscription))),
  });
  await new Promise<void>((resolve) => {
    const listener: Listener = {
      connection: exchange.connection,
      view,
      watched,
      wants: (kind) => filter.kinds.has(kind),
      listChanged: (kind) => notify(`notifications/${kind}/list_changed`, ''),
      resourceUpdated: (uri) => notify('notifications/resources/updated', `"uri":${JSON.stringify(uri)}`),
      renew: (uri) => void subscribe(uri),
      taskChanged(server, id) {
        for (const [exposed, task] of tasks) if (task.server === server && task.id === id) news.changed(exposed);
      },
      renewTasks(server) {
        for (const [exposed, task] of tasks) {
          if (task.server === server) void watchTask(exposed).then(() => news.changed(exposed));
        }
      },
      end: resolve,
    };
    const remove = subscriptions.add(listener);
    const gone = (): void => {
      remove();
      resolve();
    };
    if (exchange.signal.aborted) gone();
    else exchange.signal.addEventListener('abort', gone, { once: true });
    // What happened before anybody listened.
    for (const exposed of tasks.keys()) news.changed(exposed);
  });
  return { text: `{${meta}}`, metaAt: '{"_meta":{'.length };
}

/** The members of a result, with this one in its `_meta` too. */
function withMeta(body: ResultBody, member: string): string {
  const inner = innerOf(body);
  if (body.metaAt < 0) return joinMembers(`"_meta":{${member}}`, inner);
  const at = body.metaAt - 1;
  const separator = inner.slice(at).trimStart().startsWith('}') ? '' : ',';
  return `${inner.slice(0, at)}${member}${separator}${inner.slice(at)}`;
}

/** The tasks whose servers agreed. */
async function watchedTasks(
  ids: readonly string[],
  watch: ListenOptions['watchTask'],
): Promise<Map<string, Pick<Task, 'server' | 'id'>>> {
  const tasks = await Promise.all(ids.map(watch));
  return new Map(ids.flatMap((id, at) => (tasks[at] === undefined ? [] : [[id, tasks[at]] as const])));
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
  readonly tasks: readonly string[];
}

function readFilter({ text, params }: RequestMessage): Filter | undefined {
  const value = parsedValue(text, findMember(params, 'notifications'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const asked = value as Readonly<Record<string, unknown>>;
  const wanted = Object.entries(FILTERS).filter(([key]) => own(asked, key) === true);
  const resources = namesIn(own(asked, 'resourceSubscriptions') ?? []);
  const tasks = namesIn(own(asked, 'taskIds') ?? []);
  if (resources === undefined || tasks === undefined) return undefined;
  return {
    kinds: new Set(wanted.map(([, kind]) => kind)),
    lists: Object.fromEntries(wanted.map(([key]) => [key, true as const])),
    resources,
    tasks,
  };
}

/** Each string of a list once; undefined for what is no list of strings, or too long. */
function namesIn(list: unknown): readonly string[] | undefined {
  if (!Array.isArray(list) || list.length > MAX_WATCHED) return undefined;
  return list.every((name) => typeof name === 'string') ? [...new Set<string>(list)] : undefined;
}
