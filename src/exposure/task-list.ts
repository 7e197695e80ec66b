/** `tasks/list` (2025-11-25, basic/utilities/tasks, Listing Tasks): of what the servers list, the caller's own tasks. */
import { fetchPages } from '../catalog/pages.ts';
import type { ServerDefinition } from '../config/types.ts';
import { elements } from '../protocol/json.ts';
import { MAX_DEPTH, stringValue } from '../protocol/messages.ts';
import { findMember, scanObject } from '../protocol/scan.ts';
import type { Task, Tasks } from '../relay/tasks.ts';
import { exposedTask } from '../tools/task.ts';
import type { Operation, ToolAnswer, ToolContext } from '../tools/types.ts';
import { pageOf } from './cursors.ts';
import { protocolFailure } from './failure.ts';
import { cursorOf } from './lists.ts';
import type { View } from './view.ts';

/** Milliseconds per page of a server. */
const TIMEOUT_MS = 10_000;

interface Listed {
  readonly id: string;
  readonly text: string;
}

export function taskListOperation(view: View, principal: string, tasks: Tasks): Operation {
  return {
    name: 'tasks/list',
    read: (request) => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      run: async (context) => answer(await listed(context, view, principal, tasks), cursorOf(request)),
    }),
    fail: protocolFailure,
  };
}

async function listed(context: ToolContext, view: View, principal: string, tasks: Tasks): Promise<Listed[]> {
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
): Promise<Listed[]> {
  const found: Listed[] = [];
  try {
    const link = await context.lease(server);
    const { tasks } = link.facts.capabilities;
    if (typeof tasks !== 'object' || tasks === null || !Object.hasOwn(tasks, 'list')) return [];
    const page = (text: string): { nextCursor: string | undefined; total: number } | undefined => {
      const root = scanObject(text, {}, { maxDepth: MAX_DEPTH, uniqueKeys: false });
      const list = findMember(root, 'tasks');
      if (list === undefined || text.charAt(list.start) !== '[') return undefined;
      for (const raw of elements(text.slice(list.start, list.end))) {
        const entry = exposedTask(raw, (id) => ids.get(id));
        if (entry !== undefined) found.push(entry);
      }
      const cursor = findMember(root, 'nextCursor');
      return { nextCursor: cursor === undefined ? undefined : stringValue(text, cursor), total: found.length };
    };
    await fetchPages(link, { server: server.name, method: 'tasks/list', what: 'tasks', timeoutMs: TIMEOUT_MS, page });
  } catch (error) {
    if (context.signal.aborted) throw error;
  }
  return found;
}

function answer(all: readonly Listed[], cursor: string | undefined): ToolAnswer {
  const { entries, nextCursor } = pageOf(all, ({ id }) => id, cursor);
  const next = nextCursor === undefined ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  const text = `{"tasks":[${entries.map((entry) => entry.text).join(',')}]${next}}`;
  return { kind: 'result', body: { text, metaAt: -1 } };
}
