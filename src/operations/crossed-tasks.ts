/**
 * Tasks of 2025-11-25 for callers of 2026-07-28. They ask a server for the state of a task, then for its result, and are asked while they
 * wait for it; here all of that is one answer to `tasks/get` (ext-tasks, Task Polling).
 */
import { type ResultBody, rewritten } from '../protocol/era-codec.ts';
import { ENDED_TASK } from '../protocol/extensions.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { joinMembers } from '../protocol/json-text.ts';
import { findMember, type ScannedObject, stringValue } from '../protocol/members.ts';
import type { ConversationHooks } from '../relay/conversation.ts';
import { type InputRequest, readInputResponses } from '../relay/input-required.ts';
import { relateTo } from '../relay/related-task.ts';
import { NOT_ITS_TASK, refusalOf } from '../relay/server-questions.ts';
import type { TaskQuestions } from '../relay/task-questions.ts';
import type { Task } from '../relay/task-registry.ts';
import type { Reply, UpstreamConnection } from '../upstream/contract.ts';
import { MAX_TOTAL_MS } from '../upstream/rpc/pending-requests.ts';
import type { ToolAnswer, ToolContext } from './operation.ts';

/** Members of a task by another name in the extension. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['ttl', 'ttlMs'],
  ['pollInterval', 'pollIntervalMs'],
]);

export interface CrossedRequest {
  readonly context: ToolContext;
  readonly task: Task;
  /** The id of the task for its caller. */
  readonly exposed: string;
  readonly questions: TaskQuestions;
  /** Sends a request about the task to its server. @param waitMs milliseconds; default what the server's entry says */
  send(method: string, waitMs?: number): Promise<ToolAnswer>;
  /** A connection to the server. */
  connect(): Promise<UpstreamConnection>;
}

/** The answer to a call that its server runs as a task. @param exposed the id for its caller */
export function createdTask(body: ResultBody, exposed: string): ResultBody {
  const root = readObject(body.text, { task: {} });
  const task = findMember(root, 'task')?.object;
  const meta = findMember(root, '_meta');
  const others = meta === undefined ? '' : `"_meta":${body.text.slice(meta.start, meta.end)}`;
  const members = task === undefined ? '' : membersOf(body.text, task, exposed, undefined);
  return { ...bodyOf(body, joinMembers(members, others)), resultType: 'task' };
}

/** Answers a request of a caller of 2026-07-28. @param method of the extension */
export async function askCrossed(request: CrossedRequest, method: string): Promise<ToolAnswer> {
  const { context, exposed, questions, send } = request;
  if (method === 'tasks/get') return stateOf(request);
  if (method === 'tasks/update') {
    questions.answer(exposed, readInputResponses(context.relay.client.retry?.inputResponses));
    return DONE;
  }
  const answer = await send('tasks/cancel');
  // 2025-11-25 refuses to cancel a task that has ended; the extension acknowledges it as any other (Task Cancellation).
  if (answer.kind === 'error' && !hasEnded(await send('tasks/get'))) return answer;
  questions.end(exposed);
  return DONE;
}

/** Acknowledges: the extension says no more of what is answered or cancelled. */
const DONE: ToolAnswer = { kind: 'result', body: { text: '{}', metaAt: -1 } };

function hasEnded(state: ToolAnswer): boolean {
  if (state.kind === 'error') return false;
  const { text } = state.body;
  return ENDED_TASK.has(stringValue(text, findMember(readObject(text), 'status')));
}

async function stateOf(request: CrossedRequest): Promise<ToolAnswer> {
  const { exposed, send } = request;
  const state = await send('tasks/get');
  if (state.kind === 'error') return state;
  const { text } = state.body;
  const task = readObject(text);
  if (task === undefined) return state;
  const { status, more } = await detailOf(request, stringValue(text, findMember(task, 'status')));
  const members = joinMembers(membersOf(text, task, exposed, status), more);
  return { ...state, body: bodyOf(state.body, members) };
}

interface Detail {
  /** The status in the words of the extension; undefined for the one that the server said. */
  readonly status: string | undefined;
  /** Inner text of what belongs to it. */
  readonly more: string;
}

async function detailOf(request: CrossedRequest, status: string | undefined): Promise<Detail> {
  if (status === 'completed' || status === 'failed') {
    const { exposed, questions, send } = request;
    questions.end(exposed);
    // A tool that failed is a result here, and completed (ext-tasks, Task Execution Errors).
    const answer = await send('tasks/result', MAX_TOTAL_MS);
    if (answer.kind === 'result') return { status: 'completed', more: `"result":${answer.body.text}` };
    const { code, message, data } = answer;
    const error = joinMembers(`"code":${code},"message":${JSON.stringify(message)}`, data && `"data":${data}`);
    return { status: 'failed', more: `"error":{${error}}` };
  }
  if (status !== 'input_required') return { status: undefined, more: '' };
  const asked = await questionsOf(request);
  if (asked.size === 0) return { status: 'working', more: '' };
  const requests = Array.from(
    asked,
    ([key, { method, params }]) => `${JSON.stringify(key)}:{"method":${JSON.stringify(method)},"params":{${params}}}`,
  );
  return { status: undefined, more: `"inputRequests":{${requests.join(',')}}` };
}

/** The questions of a task: its server asks them where its result is waited for (2025-11-25, basic/utilities/tasks, Input Required Status). */
async function questionsOf(request: CrossedRequest): Promise<ReadonlyMap<string, InputRequest>> {
  const { context, task, exposed, questions } = request;
  const link = await request.connect();
  const { client, owner } = context.relay;
  const wait = (hooks: ConversationHooks): Promise<Reply> =>
    link.request('tasks/result', `"taskId":${JSON.stringify(task.id)}`, {
      timeoutMs: MAX_TOTAL_MS,
      signal: hooks.signal,
      task: task.id,
      onRequest: async ({ method, params, withdrawn }) => {
        if (relateTo(params, (id) => (id === task.id ? id : undefined)).isForeign) return NOT_ITS_TASK;
        const own = relateTo(params, () => undefined).params;
        return refusalOf(client, method, own) ?? hooks.onRequest({ method, params: own, withdrawn });
      },
    });
  return questions.asked(exposed, owner, wait);
}

/** The members of a task in the words of the extension. @param status undefined for the one that is there */
function membersOf(text: string, task: ScannedObject, exposed: string, status: string | undefined): string {
  const written = task.members.map(({ key, start, end }) => {
    if (key === 'taskId') return `"taskId":${JSON.stringify(exposed)}`;
    if (key === 'status' && status !== undefined) return `"status":"${status}"`;
    return `${JSON.stringify(NAMES.get(key) ?? key)}:${text.slice(start, end)}`;
  });
  return written.join(',');
}

function bodyOf(body: ResultBody, members: string): ResultBody {
  const text = `{${members}}`;
  const meta = findMember(readObject(text, { _meta: {} }), '_meta');
  return rewritten(body, text, meta === undefined ? -1 : meta.start + 1);
}
