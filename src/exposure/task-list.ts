/** `tasks/list` (2025-11-25, basic/utilities/tasks, Listing Tasks): of what the servers list, the caller's own tasks. */
import { type Frame, filled, frameOf } from '../catalog/frame.ts';
import { fetchPages } from '../catalog/pages.ts';
import type { ServerDefinition } from '../config/types.ts';
import { elements } from '../protocol/json.ts';
import { readObject, stringValue } from '../protocol/messages.ts';
import { findMember } from '../protocol/scan.ts';
import type { Task, Tasks } from '../relay/tasks.ts';
import { exposedTask } from '../tools/task.ts';
import type { Operation, ToolAnswer, ToolContext } from '../tools/types.ts';
import { pageAfter, pageOf } from './cursors.ts';
import { protocolFailure } from './failure.ts';
import { cursorOf } from './lists.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

/** Milliseconds per page of a server. */
const TIMEOUT_MS = 10_000;

interface Listed {
  readonly id: string;
  readonly text: string;
}

/** A page of one server, with the tasks on it that are the caller's. */
interface TaskPage {
  readonly frame: Frame;
  readonly tasks: readonly Listed[];
}

export function taskListOperation(view: View, principal: string, tasks: Tasks): Operation {
  return {
    name: 'tasks/list',
    read: (request) => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      run: async (context) => {
        const pages = await listed(context, view, principal, tasks);
        return view.mode === 'single' ? serverPage(pages, cursorOf(request)) : answer(pages, cursorOf(request));
      },
    }),
    wording: wordingOf(view),
    fail: protocolFailure,
  };
}

async function listed(context: ToolContext, view: View, principal: string, tasks: Tasks): Promise<TaskPage[]> {
  const own = new Map<string, Map<string, string>>();
  for (const [id, task] of tasks.of({ principal, agent: context.caller.agent })) {
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

function isListed({ relay, decide }: ToolContext, view: View, { server, tool, era, session }: Task): boolean {
  if (era !== 'legacy' || (view.mode === 'single' && view.server !== server)) return false;
  return (session === undefined || session === relay.client.session) && decide(server, tool).allowed;
}

/** What one server lists; nothing where it has no such list, or cannot be asked now. */
async function listedBy(
  context: ToolContext,
  server: ServerDefinition,
  ids: ReadonlyMap<string, string>,
): Promise<TaskPage[]> {
  const pages: TaskPage[] = [];
  let total = 0;
  try {
    const link = await context.lease(server);
    const { tasks } = link.facts.capabilities;
    if (typeof tasks !== 'object' || tasks === null || !Object.hasOwn(tasks, 'list')) return [];
    const page = (text: string): { nextCursor: string | undefined; total: number } | undefined => {
      const root = readObject(text);
      const list = findMember(root, 'tasks');
      if (root === undefined || list === undefined || text.charAt(list.start) !== '[') return undefined;
      const all = elements(text.slice(list.start, list.end));
      const tasks = all.flatMap((raw) => exposedTask(raw, (id) => ids.get(id)) ?? []);
      total += tasks.length;
      // A page of others' tasks alone would tell how many they are.
      if (tasks.length > 0 || all.length === 0) pages.push({ frame: frameOf(text, root, list), tasks });
      return { nextCursor: stringValue(text, findMember(root, 'nextCursor')), total };
    };
    await fetchPages(link, { server: server.name, method: 'tasks/list', what: 'tasks', timeoutMs: TIMEOUT_MS, page });
  } catch (error) {
    if (context.signal.aborted) throw error;
  }
  return pages;
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
