/** The requests of clients about their tasks, and what they hear of them: sessions of 2025-11-25 of their own, streams of `subscriptions/listen` of those that they name. */
import { taskOperation, watchOperation } from '../operations/server-methods/task-requests.ts';
import { unknownMethodOperation } from '../operations/server-methods/unknown-requests.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { CallOutcome, Inbound } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { runOperation } from '../pipeline/run-operation.ts';
import { innerOf, notificationText } from '../protocol/era-codec.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import type { Task } from '../relay/task-registry.ts';
import { Canceller } from '../shared/cancel.ts';
import { legacyClient } from './caller-client.ts';
import type { Exchange } from './handler.ts';
import { unknownMethod } from './response.ts';
import type { SessionState } from './session.ts';
import type { Outlet } from './session-channel.ts';
import { TaskNews } from './task-news.ts';

/** Runs a request about a task, or for the list of them. */
export async function runTaskMethod(
  parts: PipelineDependencies,
  view: View,
  inbound: Inbound,
  method: string,
): Promise<CallOutcome> {
  const { client, connection, text, params } = inbound;
  const { owner } = connection;
  const id = stringValue(text, findMember(params, 'taskId'));
  if (id !== undefined) await parts.tasks.recall(id, owner);
  const operation = taskOperation(method, view, { client, owner, tasks: parts.tasks });
  return runOperation(parts, inbound, operation ?? unknownMethodOperation(method, unknownMethod(method)));
}

/** The state of a task, as `tasks/get` of this caller says it. @param inbound any request of the caller */
export async function stateOf(
  parts: PipelineDependencies,
  view: View,
  inbound: Omit<Inbound, 'text' | 'params'>,
  id: string,
): Promise<CallOutcome> {
  const { client, connection } = inbound;
  const text = JSON.stringify({ taskId: id });
  const asking = { ...inbound, text, params: readObject(text), onProgress: undefined, span: undefined };
  const operation = taskOperation('tasks/get', view, { client, owner: connection.owner, tasks: parts.tasks });
  return operation === undefined ? unknownMethod('tasks/get') : runOperation(parts, asking, operation);
}

/** Listens to a task for a stream of its caller. @returns undefined where it is not the caller's, or its server does not agree */
export async function watchTask(
  parts: PipelineDependencies,
  view: View,
  inbound: Inbound,
  id: string,
): Promise<Task | undefined> {
  const { tasks } = parts;
  const { client, connection } = inbound;
  await tasks.recall(id, connection.owner);
  let watched: Task | undefined;
  const done = (task: Task): void => {
    watched = task;
  };
  const operation = watchOperation(id, view, { client, owner: connection.owner, tasks }, done);
  await runOperation(parts, { ...inbound, span: undefined }, operation);
  return watched;
}

export interface SessionTasks {
  /** A task may be in another state, by its id at its server: the session hears of it where it is its own. */
  readonly changed: (server: string, id: string) => void;
}

/** The tasks of a session of 2025-11-25 (basic/utilities/tasks, Task Notifications). */
export function sessionTasks(
  parts: PipelineDependencies,
  view: () => View,
  session: SessionState,
  place: Pick<Exchange, 'server' | 'connection'>,
  outlet: Outlet,
): SessionTasks {
  const { connection } = place;
  const { signal } = new Canceller();
  // As its calls are: other capabilities could lead to another connection, where nobody knows the task.
  const exchange = { ...place, signal, streams: true, notify: () => {} };
  const news = new TaskNews({
    state(id) {
      const client = { ...legacyClient(session, exchange), ask: undefined };
      return stateOf(parts, view(), { connection, signal, client, onProgress: undefined }, id);
    },
    tell: (state) => outlet.send(notificationText('notifications/tasks/status', innerOf(state))),
  });
  return {
    changed(server, id) {
      for (const [exposed, { owner, client, era }] of parts.tasks.known(server, id)) {
        const isOwn = owner === connection.owner && client === session.id && era === 'legacy';
        if (isOwn && outlet.isOpen()) news.changed(exposed);
      }
    },
  };
}
