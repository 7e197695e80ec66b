/**
 * Requests about a task: to the server that has it, decided as the call that made it. Tasks of 2026-07-28 (ext-tasks), and the
 * experimental ones of 2025-11-25, which callers of 2026-07-28 can follow too (crossed-tasks.ts).
 */

import { type ResultBody, rewritten } from '../../protocol/era-codec.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { joinMembers } from '../../protocol/json-text.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import type { CallingClient } from '../../relay/calling-client.ts';
import { takesTasks } from '../../relay/offered-capabilities.ts';
import { relatedMeta } from '../../relay/related-task.ts';
import { relay } from '../../relay/relay-request.ts';
import type { Task, Tasks } from '../../relay/task-registry.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { UpstreamConnection } from '../../upstream/contract.ts';
import { MAX_TOTAL_MS } from '../../upstream/rpc/pending-requests.ts';
import { deadlineIn, received, toAnswer } from '../call-server-tool.ts';
import { renamedTask } from '../made-task.ts';
import type { Connected, Invocation, Operation, ToolAnswer, ToolContext } from '../operation.ts';
import { whileWriting } from '../results/while-writing.ts';
import { MISSING_TASKS } from '../task-result.ts';
import { cursorOf } from './lists.ts';
import { hidingFailure, protocolFailure } from './protocol-failure.ts';
import { forward, keepParams, nameHeader, requiredString } from './requests.ts';
import { isInView, type View } from './view.ts';
import { wordingOf } from './wording.ts';

const METHODS = {
  modern: new Set(['tasks/get', 'tasks/update', 'tasks/cancel']),
  legacy: new Set(['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list']),
};

export interface TaskCaller {
  readonly client: CallingClient;
  /** Owner of its connection. */
  readonly owner: string;
  readonly tasks: Tasks;
}

/** @returns undefined where the caller's generation has no such method. */
export function taskOperation(method: string, view: View, caller: TaskCaller): Operation | undefined {
  const { client } = caller;
  if (!METHODS[client.era].has(method)) return undefined;
  if (method === 'tasks/list') return taskListOperation(view, caller);
  return {
    name: method,
    read(request) {
      // Before anybody looks whether there is such a task (ext-tasks, Protocol Errors).
      if (client.era === 'modern' && !takesTasks(client))
        throw new GatewayError('MISSING_CLIENT_CAPABILITY', MISSING_TASKS.message);
      const exposed = requiredString(request, 'taskId');
      const task = taskFor(exposed, view, caller);
      const others = keepParams(request, (key) => key !== 'taskId');
      const asking = { method, exposed, task, others, tasks: caller.tasks };
      return { ...about(task, exposed), run: (context) => ask(context, asking) };
    },
    wording: wordingOf(view),
    fail: (error) => (error.code === 'MISSING_CLIENT_CAPABILITY' ? MISSING_TASKS : hidingFailure(error, NO_TASK)),
  };
}

/**
 * Listens to a task for a stream of `subscriptions/listen`; the result says nothing.
 * @param exposed its id for the caller.
 * @param done told where its server agreed.
 */
export function watchOperation(exposed: string, view: View, caller: TaskCaller, done: (task: Task) => void): Operation {
  return {
    name: 'subscriptions/listen',
    read() {
      const task = taskFor(exposed, view, caller);
      return {
        ...about(task, exposed),
        async run(context) {
          checkOwn(context, task);
          const { link } = await connectTo(context);
          const other = await unlessSame(context, link, task);
          if (other === undefined && (await link.watchTask(task.id))) done(task);
          return other ?? NOTHING;
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, NO_TASK),
  };
}

const NOTHING: ToolAnswer = { kind: 'result', body: { text: '{}', metaAt: -1 } };

/** The caller's task of this id, in its view. @throws GatewayError UNKNOWN_HANDLE */
function taskFor(exposed: string, view: View, { client, owner, tasks }: TaskCaller): Task {
  const task = tasks.find(exposed, owner);
  if (task === undefined || !isInView(view, task)) throw noTask();
  // Callers of 2025-11-25 could not follow it.
  if (client.era === 'legacy' && task.era === 'modern') throw noTask();
  task.client = client.session;
  return task;
}

/** The facts of a request about a task: it is decided as the call that made it. */
function about({ claimed, named, server, tool }: Task, exposed: string): Omit<Invocation, 'run'> {
  return {
    claimedAgent: claimed,
    server: named?.server ?? server,
    tool: named?.name ?? tool,
    executes: true,
    continues: true,
    detail: { task: exposed },
  };
}

/** @throws GatewayError UNKNOWN_HANDLE for the task of another agent or session */
function checkOwn({ caller, relay: { client } }: ToolContext, task: Task): void {
  if (task.agent !== caller.agent || (task.session !== undefined && task.session !== client.session)) throw noTask();
}

function taskListOperation(view: View, caller: TaskCaller): Operation {
  return {
    name: 'tasks/list',
    read: (request) => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      // Loaded when somebody asks: few do.
      run: async (context) => (await import('./task-list.ts')).listTasks(context, view, caller, cursorOf(request)),
    }),
    wording: wordingOf(view),
    fail: protocolFailure,
  };
}

const NO_TASK: ToolAnswer = { kind: 'error', code: -32602, message: 'There is no such task.' };

function noTask(): GatewayError {
  return new GatewayError('UNKNOWN_HANDLE', 'There is no such task.');
}

function connectTo(context: ToolContext): Promise<Connected<undefined>> | Connected<undefined> {
  return context.connect(deadlineIn(context.defaultTimeoutMs), () => undefined);
}

interface Asking {
  readonly method: string;
  readonly exposed: string;
  readonly task: Task;
  /** Inner text of the params besides the id. */
  readonly others: string;
  readonly tasks: Tasks;
}

async function ask(context: ToolContext, { method, exposed, task, others, tasks }: Asking): Promise<ToolAnswer> {
  checkOwn(context, task);
  const target = { server: task.server, name: task.id };
  const instead = (link: UpstreamConnection): Promise<ToolAnswer | undefined> => unlessSame(context, link, task);
  const server = context.snapshot.servers.get(task.server);
  const send = (name: string, waitMs?: number): Promise<ToolAnswer> => {
    const params = (): string => joinMembers(`"taskId":${JSON.stringify(task.id)}`, others);
    const answering = forward(context, target, name, params, { instead, ...(waitMs === undefined ? {} : { waitMs }) });
    // Its tool works meanwhile.
    return server === undefined ? answering : whileWriting(context, server, task.tool, undefined, answering);
  };
  if (context.relay.client.era === 'modern' && task.era === 'legacy') {
    const [{ askCrossed }, questions] = await Promise.all([import('../crossed-tasks.ts'), tasks.questions()]);
    const connect = async (): Promise<UpstreamConnection> => (await connectTo(context)).link;
    return askCrossed({ context, task, exposed, questions, send, connect }, method);
  }
  if (method !== 'tasks/result') {
    const answer = await send(method);
    return answer.kind === 'error' ? answer : { ...answer, body: renamedTask(answer.body, task.id, exposed) };
  }
  // It is answered when the task has ended (2025-11-25, basic/utilities/tasks, Result Retrieval).
  const answer = await send(method, MAX_TOTAL_MS);
  return answer.kind === 'error' ? answer : { ...answer, body: related(answer.body, exposed) };
}

/** Milliseconds for a server to say which task it means. */
const SAME_MS = 10_000;

/**
 * Asks a server that was connected anew whether the id means the task that it meant before: one that was started again may have given
 * it to somebody else's.
 * @returns its error where it knows no such task; undefined for the same one
 * @throws GatewayError UNKNOWN_HANDLE for another one
 */
async function unlessSame(context: ToolContext, link: UpstreamConnection, task: Task): Promise<ToolAnswer | undefined> {
  const { server, id, createdAt } = task;
  if (createdAt === undefined || task.seenOn?.deref() === link.facts) return undefined;
  const method = 'tasks/get';
  const params = `"taskId":${JSON.stringify(id)}`;
  const request = { server, method, params, timeoutMs: SAME_MS, headers: nameHeader(method, id) };
  const state = await relay(context.relay, link, request);
  if (state.kind === 'error') return toAnswer(await received(context, server, state));
  const { text } = state.body;
  const told = stringValue(text, findMember(readObject(text), 'createdAt'));
  if (told === undefined || !isSameTime(told, createdAt)) throw noTask();
  task.seenOn = new WeakRef(link.facts);
  return undefined;
}

/** True for two spellings of one time; what is kept somewhere often loses parts of a second. */
function isSameTime(one: string, other: string): boolean {
  return one === other || Math.abs(Date.parse(one) - Date.parse(other)) < 1000;
}

/** The result of a task names it, since nothing else in it does (2025-11-25, basic/utilities/tasks, Related Task Metadata). */
function related(body: ResultBody, id: string): ResultBody {
  const { text, metaAt } = body;
  if (metaAt < 0)
    return rewritten(body, `{${joinMembers(`"_meta":{${relatedMeta(id)}}`, text.slice(1, -1).trim())}}`, metaAt);
  const rest = text.slice(metaAt);
  const separator = rest.trimStart().startsWith('}') ? '' : ',';
  return rewritten(body, `${text.slice(0, metaAt)}${relatedMeta(id)}${separator}${rest}`, metaAt);
}
