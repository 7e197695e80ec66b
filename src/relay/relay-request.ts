/**
 * One request to a server and all that may happen until its result: the four combinations of generations. Same generation
 * on both sides: what one says is passed on. Crossed: `input_required` results become requests to the caller, and requests
 * of the server become `input_required` results.
 */

import { createHash } from 'node:crypto';
import { type CallTimes, whileWaiting } from '../observe/call-times.ts';
import type { TraceParent } from '../observe/tracing.ts';
import { joinMembers, jsonString } from '../protocol/json-text.ts';
import { META_LOG_LEVEL } from '../protocol/revisions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type {
  ClientAnswer,
  DecidedDefinition,
  RequestOptions,
  ServerRequest,
  UpstreamConnection,
} from '../upstream/contract.ts';
import type { CallingClient, Retry } from './calling-client.ts';
import { type Conversation, converse } from './conversation.ts';
import {
  type InputRequest,
  type InputRequired,
  MAY_ASK,
  readInputRequired,
  readInputResponses,
  writeInputRequired,
} from './input-required.ts';
import { adoptLogLevel, isLoud, levelOf } from './log-level.ts';
import { withoutTasks } from './offered-capabilities.ts';
import type { ParkedConversations } from './parked-conversations.ts';
import { relateTo } from './related-task.ts';
import { inCodesOf, type Relayed, released, untyped } from './relayed.ts';
import { CALL_OVER, NOT_ITS_TASK, paramsForLegacy, refusalOf } from './server-questions.ts';

/** Rounds of questions within one call of a caller that is asked directly. */
const MAX_ROUNDS = 20;

export interface RelayRequest {
  readonly server: string;
  readonly method: string;
  /** Inner text of the params, without `_meta`, `inputResponses` and `requestState`. */
  readonly params: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The definition that the caller saw of what it calls. */
  readonly definition?: DecidedDefinition | undefined;
  /** Inner text that asks for a task; no part of what a retry has to repeat. */
  readonly asTask?: string;
  /** The task whose result is asked for, as the server calls it. */
  readonly task?: string | undefined;
  /** False where a task could not be followed, so that none may come back. */
  readonly offersTasks?: boolean;
  /** Told when the server asks for something, whether or not the caller is asked. */
  readonly onAsked?: (() => void) | undefined;
}

export interface RelayContext {
  readonly client: CallingClient;
  readonly signal: CancelSignal;
  readonly onProgress: ((params: string) => void) | undefined;
  /** The parts of the time of the call. */
  readonly times: CallTimes;
  /** Inner text of the caller's `_meta` without hop-by-hop fields. */
  readonly meta: string;
  /** The span that requests to servers are part of, where somebody asked for spans. */
  readonly trace?: TraceParent | undefined;
  readonly parking: ParkedConversations;
  /** Key of caller and agent, as JSON: nobody else may resume a call that waits for input. */
  readonly ownerAndAgent: string;
  /** The owner whose memory it takes. */
  readonly owner: string;
  /** Tells whether the call is still permitted, under the configuration then in force. */
  permission(): () => boolean;
  /** The id under which the caller knows a task of a server; undefined for tasks that are not its own. */
  taskOf(server: string, id: string): string | undefined;
}

const UNKNOWN_STATE = 'requestState is unknown, used, expired or of another call: send the request again without it.';
const STATE_ELSEWHERE =
  'The call waits in another replica of the gateway, or in one that has ended, and its connection to the server cannot move. If it may be done twice, send the request again without requestState.';

/**
 * A call that was held open for this caller, if its retry names one.
 * @returns undefined where the request begins a call.
 */
export function resume(context: RelayContext, request: RelayRequest): Promise<Relayed> | undefined {
  const { client, parking } = context;
  const state = client.retry?.requestState;
  if (state === undefined || !parking.isHandle(state)) return undefined;
  const conversation = parking.take(state, context.ownerAndAgent, digestOf(request));
  if (conversation === undefined || conversation === 'elsewhere') {
    const message = conversation === 'elsewhere' ? STATE_ELSEWHERE : UNKNOWN_STATE;
    return Promise.resolve({ kind: 'error', code: -32602, message, isForClient: true });
  }
  conversation.answer(readInputResponses(client.retry?.inputResponses));
  return carryOn(context, conversation, request);
}

/** @throws GatewayError as `UpstreamConnection.request`, or RATE_LIMITED when too many calls wait for input. */
export function relay(context: RelayContext, link: UpstreamConnection, request: RelayRequest): Promise<Relayed> {
  return link.facts.era === 'modern' ? relayToModern(context, link, request) : relayToLegacy(context, link, request);
}

async function relayToLegacy(context: RelayContext, link: UpstreamConnection, request: RelayRequest): Promise<Relayed> {
  const { client, signal } = context;
  const adopting = adoptLogLevel(client, link, request);
  if (adopting !== undefined) await adopting;
  if (signal.aborted) throw signal.reason;
  const comesBack = client.era === 'modern' && client.capabilities !== '{}';
  if (comesBack && MAY_ASK.has(request.method)) {
    const conversation = converse((hooks) =>
      link.request(request.method, joinMembers(request.params, request.asTask), {
        ...optionsOf(context, request),
        // The turns of a conversation belong to several calls.
        times: undefined,
        ...hooks,
        onRequest: async (asked) => {
          // Its caller has no task of this generation.
          request.onAsked?.();
          const { params, isForeign } = relateTo(asked.params, () => undefined);
          if (isForeign) return NOT_ITS_TASK;
          return refusalOf(client, asked.method, params) ?? hooks.onRequest({ ...asked, params });
        },
      }),
    );
    return carryOn(context, conversation, request);
  }
  const onRequest = comesBack ? undefined : (asked: ServerRequest) => askAbout(context, request, asked);
  const params = joinMembers(request.params, request.asTask);
  const reply = await link.request(request.method, params, optionsOf(context, request, onRequest));
  return released(client, untyped(reply), request);
}

/** Asks the caller; a task that the question belongs to has another id on either side. */
async function askAbout(
  context: RelayContext,
  { server, onAsked }: RelayRequest,
  { method, params, withdrawn }: ServerRequest,
): Promise<ClientAnswer> {
  const { client } = context;
  onAsked?.();
  const refusal = refusalOf(client, method, params);
  if (refusal !== undefined) return refusal;
  const related = relateTo(params, (id) => context.taskOf(server, id));
  if (related.isForeign) return NOT_ITS_TASK;
  const answer = (await client.ask?.(method, related.params, withdrawn)) ?? CALL_OVER;
  const { id } = related;
  const exposed = id === undefined ? undefined : context.taskOf(server, id);
  if (!answer.ok || exposed === undefined) return answer;
  return { ok: true, result: answer.result.replaceAll(JSON.stringify(exposed), JSON.stringify(id)) };
}

/** @param retry members of a retry, where this is one. */
function relayToModern(
  context: RelayContext,
  link: UpstreamConnection,
  request: RelayRequest,
  retry = context.client.retry === undefined ? '' : retryMembers(context.client.retry),
  round = 1,
): Promise<Relayed> {
  const { client } = context;
  const { server, method, params, asTask } = request;
  return link.request(method, joinMembers(params, asTask, retry), optionsOf(context, request)).then((reply) => {
    if (!reply.ok || reply.result.resultType !== 'input_required') {
      return released(client, inCodesOf(client, method, reply), request);
    }
    request.onAsked?.();
    const required = inputRequired(client, reply.result.text, server);
    if (client.era === 'modern') return released(client, reply, request);
    if (round === MAX_ROUNDS) throw unaskable(server, 'asked for input again and again; it was given up.');
    return answersOf(client, required, server).then((answers) =>
      relayToModern(context, link, request, answers, round + 1),
    );
  });
}

function retryMembers({ inputResponses, requestState }: Retry): string {
  return joinMembers(
    inputResponses === undefined ? '' : `"inputResponses":${inputResponses}`,
    requestState === undefined ? '' : `"requestState":${JSON.stringify(requestState)}`,
  );
}

/** Reads the questions of a modern server. @throws GatewayError SERVER_UNAVAILABLE where the caller must not be asked that */
function inputRequired(client: CallingClient, text: string, server: string): InputRequired {
  const required = readInputRequired(text);
  if (required === undefined) throw unaskable(server, 'asked for input in a way that cannot be passed on.');
  for (const { method, params } of required.requests.values()) {
    const refusal = refusalOf(client, method, params);
    if (refusal !== undefined) throw unaskable(server, `asked for ${method.slice(0, 100)}. ${refusal.message}`);
  }
  return required;
}

function unaskable(server: string, why: string): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `Server '${server}' ${why}`);
}

/** Asks a caller of the 2025 revisions what a modern server wants to know. @returns the members of the retry */
async function answersOf({ ask }: CallingClient, required: InputRequired, server: string): Promise<string> {
  const answers = await Promise.all(
    Array.from(required.requests, async ([key, { method, params }]) => {
      const answer = (await ask?.(method, paramsForLegacy(method, params))) ?? CALL_OVER;
      if (answer.ok) return `${JSON.stringify(key)}:${answer.result}`;
      throw unaskable(server, `asked for ${method}, which the client refused (${answer.code}).`);
    }),
  );
  return joinMembers(
    `"inputResponses":{${answers.join(',')}}`,
    required.requestState === undefined ? '' : `"requestState":${required.requestState}`,
  );
}

function lengthOf(questions: ReadonlyMap<string, InputRequest>): number {
  let length = 0;
  for (const { params } of questions.values()) length += params.length;
  return length;
}

/** One turn of a call of a 2025 server for a caller of 2026-07-28. */
async function carryOn(context: RelayContext, conversation: Conversation, request: RelayRequest): Promise<Relayed> {
  const { client, signal, onProgress } = context;
  const abort = (): void => conversation.abort(signal.reason);
  if (signal.aborted) {
    abort();
    throw signal.reason;
  }
  signal.addEventListener('abort', abort, { once: true });
  conversation.attach({
    progress: (params) => onProgress?.(params),
    notification: (method, params) => tell(context, request.server, method, params),
  });
  try {
    const turn = await whileWaiting(context.times, 'server', conversation.turn());
    if (turn.kind === 'reply') return released(client, untyped(turn.reply), request);
    const handle = context.parking.park(conversation, {
      ownerAndAgent: context.ownerAndAgent,
      call: digestOf(request),
      owner: context.owner,
      // As it came, and as it was sent.
      bytes: 2 * request.params.length + lengthOf(turn.requests),
      permitted: context.permission(),
      signal,
    });
    const text = writeInputRequired(turn.requests, handle);
    return { kind: 'result', body: { text, metaAt: -1, resultType: 'input_required' } };
  } finally {
    conversation.attach(undefined);
    signal.removeEventListener('abort', abort);
  }
}

function optionsOf(
  context: RelayContext,
  request: RelayRequest,
  onRequest?: RequestOptions['onRequest'],
): RequestOptions {
  const { client } = context;
  // Until a client of the 2025 revisions says otherwise, the choice is ours; 2026-07-28 servers say nothing unasked.
  const wanted = client.logLevel ?? (client.era === 'legacy' ? 'info' : undefined);
  const level = wanted === undefined ? '' : `"${META_LOG_LEVEL}":${jsonString(wanted)}`;
  return {
    timeoutMs: request.timeoutMs,
    signal: context.signal,
    onProgress: context.onProgress,
    onRequest,
    times: context.times,
    onNotification: (method, params) => tell(context, request.server, method, params),
    meta: joinMembers(context.meta, level),
    trace: context.trace,
    headers: request.headers,
    definition: request.definition,
    task: request.task,
    clientCapabilities:
      request.offersTasks === false ? withoutTasks(client.requestCapabilities) : client.requestCapabilities,
  };
}

/** Messages of the server's log go to callers that want them (2026-07-28: only where the request says so). */
function tell(context: RelayContext, server: string, method: string, params: string): void {
  // It names a task as its server does, and `tasks/get` tells the same.
  if (method === 'notifications/tasks/status') return;
  const { client } = context;
  if (method === 'notifications/message') {
    if (client.logLevel === undefined ? client.era === 'modern' : !isLoud(levelOf(params), client.logLevel)) return;
  }
  // 2026-07-28, changelog: the client learns of it when it sends the call again.
  if (method === 'notifications/elicitation/complete' && client.era === 'modern') return;
  client.tell(method, relateTo(params, (id) => context.taskOf(server, id)).params);
}

/** The request that a retry must repeat. */
function digestOf({ server, method, params }: RelayRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([server, method, params]))
    .digest('base64url');
}
