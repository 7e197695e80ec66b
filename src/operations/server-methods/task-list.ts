/** `tasks/list` (2025-11-25, basic/utilities/tasks, Listing Tasks): of what the servers list, the caller's own tasks. */

import { fetchPages } from '../../catalog/fetch-pages.ts';
import { filled, type PageFrame } from '../../catalog/page-frame.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Task, Tasks } from '../../relay/task-registry.ts';
import { exposedTask } from '../made-task.ts';
import type { ToolAnswer, ToolContext } from '../operation.ts';
import { pageAfter, pageOf } from './cursors.ts';
import type { TaskCaller } from './task-requests.ts';
import { isInView, type View } from './view.ts';

/** Milliseconds per page of a server. */
const TIMEOUT_MS = 10_000;

interface Listed {
  readonly id: string;
  readonly text: string;
}

/** A page of one server, with the tasks on it that are the caller's. */
interface TaskPage {
  readonly frame: PageFrame;
  readonly tasks: readonly Listed[];
}

/** The caller's tasks, as the pages of this view. */
export async function listTasks(
  context: ToolContext,
  view: View,
  { owner, tasks }: Pick<TaskCaller, 'owner' | 'tasks'>,
  cursor: string | undefined,
): Promise<ToolAnswer> {
  const pages = await listed(context, view, owner, tasks);
  return view.mode === 'single' ? serverPage(pages, cursor) : answer(pages, cursor);
}

async function listed(context: ToolContext, view: View, owner: string, tasks: Tasks): Promise<TaskPage[]> {
  const own = new Map<string, Map<string, string>>();
  for (const [id, task] of tasks.of({ owner, agent: context.caller.agent })) {
    if (!isListed(context, view, task)) continue;
    own.set(task.server, (own.get(task.server) ?? new Map()).set(task.id, id));
  }
  const parts = await Promise.all(
    Array.from(own, ([name, ids]) => {
      const server = context.snapshot.servers.get(name);
      return server === undefined ? [] : listedBy(context, server, ids);
    }),
  );
  return parts.flat();
}

function isListed(context: ToolContext, view: View, task: Task): boolean {
  const { server, tool, named, era, session } = task;
  const { relay, decide, snapshot, catalog } = context;
  if (era !== 'legacy' || !isInView(view, task)) return false;
  if (session !== undefined && session !== relay.client.session) return false;
  const definition = snapshot.servers.get(server);
  const entry = definition && catalog.listed(definition)?.find(({ name }) => name === tool);
  return decide(named?.server ?? server, named?.name ?? tool, 'tool', entry).allowed;
}

/** The list of one server; empty where it has no such list, or cannot be asked now. */
async function listedBy(
  context: ToolContext,
  server: ServerDefinition,
  ids: ReadonlyMap<string, string>,
): Promise<TaskPage[]> {
  const tasks: Listed[] = [];
  const take = (raw: string): string | undefined => {
    const task = exposedTask(raw, (id) => ids.get(id));
    if (task === undefined) return '';
    tasks.push(task);
    return undefined;
  };
  try {
    const link = await context.lease(server);
    const { tasks: offered } = link.facts.capabilities;
    if (typeof offered !== 'object' || offered === null || !Object.hasOwn(offered, 'list')) return [];
    const { name } = server;
    const options = { server: name, method: 'tasks/list', what: 'tasks', timeoutMs: TIMEOUT_MS, warn: () => {}, take };
    const { pages } = await fetchPages(link, options);
    const cut = pages.map(({ frame, end }, at) => ({ frame, tasks: tasks.slice(pages[at - 1]?.end ?? 0, end) }));
    // A page of others' tasks alone would tell how many they are.
    return cut.filter((page, at) => page.tasks.length > 0 || pages[at]?.isEmpty);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return [];
  }
}

/** A page of one server is its own: with all that it says besides the tasks. */
function serverPage(pages: readonly TaskPage[], cursor: string | undefined): ToolAnswer {
  if (pages.length === 0) return answer(pages, cursor);
  const { at, nextCursor } = pageAfter(
    pages.map(({ tasks }) => tasks.map(({ id }) => id)),
    cursor,
  );
  const page = pages[at];
  if (page === undefined) return answer([], undefined);
  const texts = page.tasks.map(({ text }) => text);
  return { kind: 'result', body: filled(page.frame, texts, nextCursor) };
}

function answer(pages: readonly TaskPage[], cursor: string | undefined): ToolAnswer {
  const all = pages.flatMap(({ tasks }) => tasks);
  const { entries, nextCursor } = pageOf(all, ({ id }) => id, cursor);
  const next = nextCursor === undefined ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  const text = `{"tasks":[${entries.map((entry) => entry.text).join(',')}]${next}}`;
  return { kind: 'result', body: { text, metaAt: -1 } };
}
