/** Calls a tool of a server. */
import { decidedOn, definitionChanged } from '../catalog/lock/decided-definition.ts';
import { didYouMean } from '../catalog/name-suggestions.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { CacheTerms } from '../config/overrides/overrides.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { ResultBody } from '../protocol/era-codec.ts';
import { joinMembers, jsonString } from '../protocol/json-text.ts';
import { toolCallHeaders } from '../protocol/param-headers.ts';
import { type RelayRequest, relay, resume } from '../relay/relay-request.ts';
import type { Relayed } from '../relay/relayed.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ServerFacts } from '../upstream/contract.ts';
import { dependsOnCaller } from '../upstream/pool/sharing.ts';
import { MAX_TOTAL_MS } from '../upstream/rpc/pending-requests.ts';
import type { ObjectArgument } from './gateway-tools/read-arguments.ts';
import type { CallDeadline, Connected, ToolAnswer, ToolContext } from './operation.ts';
import type { KeptCall } from './results/kept-call.ts';
import { screenedResult } from './results/screen-result.ts';
import { whileWriting } from './results/while-writing.ts';
import { sentArguments, sentName } from './sent-arguments.ts';
import { followsTasks, missingTask, needsTask, taskParam } from './task-result.ts';
import { noServerLike } from './unknown-server.ts';
import { knownTools } from './virtual-tools.ts';

/** Names and sizes for the audit, never values. */
export function sizeOf({ keys, text }: ObjectArgument): Readonly<Record<string, unknown>> {
  return { args: keys.slice(0, 50), args_bytes: Buffer.byteLength(text) };
}

export interface Execution {
  readonly server: string;
  readonly tool: string;
  readonly args: ObjectArgument;
  /** Inner text of further params, e.g. of extensions. */
  readonly others: string;
  /** JSON text of the `task` member, for calls that ask to run as a task. */
  readonly task: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** Sees the definition before the call is forwarded, and may refuse it. */
type Inspect = (entry: ToolEntry, server: ServerDefinition) => Promise<void> | undefined;

/** Calls a tool of a server. @throws GatewayError TOOL_NOT_FOUND, SERVER_UNAVAILABLE, TIMEOUT, DENIED_BY_POLICY */
export async function execute(context: ToolContext, call: Execution, inspect?: Inspect): Promise<ToolAnswer> {
  const server = context.snapshot.servers.get(call.server);
  if (server === undefined) throw notThere(context, call);
  // Who runs the gateway may allow more than the time that callers can ask for.
  const longest = Math.max(MAX_TOTAL_MS, server.timeoutMs ?? 0);
  const timeoutMs = Math.min(call.timeoutMs ?? server.timeoutMs ?? context.defaultTimeoutMs, longest);
  const deadline = deadlineIn(timeoutMs);
  const { snapshot } = context;
  const request = requestOf(context, call, timeoutMs);
  // A reload may have changed what its entry says.
  const requestNow = (): SentCall => (context.snapshot === snapshot ? request : requestOf(context, call, timeoutMs));
  const resumed = resume(context.relay, request);
  if (resumed !== undefined) {
    const answered = await whileWriting(context, server, call.tool, undefined, resumed);
    const entry = context.catalog.listed(server)?.find(({ name }) => name === call.tool);
    return finished(
      context,
      call,
      await received(context, call.server, answered),
      entry !== undefined && needsTask(entry),
    );
  }
  const prepare = (current: ServerDefinition): Promise<ToolEntry> | ToolEntry => {
    const options = { timeoutMs: deadline.leftMs(), signal: context.signal };
    const found = context.catalog.find(current, call.tool, options);
    return found instanceof Promise
      ? found.then((entry) => inspected(context, current, call, entry, inspect))
      : inspected(context, current, call, found, inspect);
  };
  const terms = keepingTerms(context, server, call);
  const { tool } = call;
  const keeping = terms && (await context.keeping()).call({ context, server, tool, args: request.args, terms });
  if (keeping === undefined) {
    const connecting = context.connect(deadline, prepare, itself);
    const connected = connecting instanceof Promise ? await connecting : connecting;
    return send(context, call, { server, request: requestNow(), deadline, keeping }, connected);
  }
  let kept: ResultBody | undefined;
  const isKept = (entry: ToolEntry): boolean => {
    kept = keeping.find(entry);
    return kept !== undefined;
  };
  const { link, prepared } = await context.connectUnless(isKept, deadline, prepare, itself);
  if (link !== undefined)
    return send(context, call, { server, request: requestNow(), deadline, keeping }, { link, prepared });
  // What was kept under another configuration counts no longer.
  if (kept === undefined || context.snapshot !== snapshot) return execute(context, call, inspect);
  return toAnswer(await received(context, call.server, { kind: 'result', body: kept }));
}

/** True where the result of a call may be kept, or be one that was: nothing but its name and arguments counts. */
export function mayBeKept(
  { snapshot, relay: { client } }: ToolContext,
  { server: name, task, others }: Pick<Execution, 'server' | 'task' | 'others'>,
): boolean {
  const server = snapshot.servers.get(name);
  if (server?.overrides?.keepsResults !== true) return false;
  return task === undefined && others === '' && client.retry === undefined && !dependsOnCaller(server);
}

/** The terms on which the result of a call is kept; undefined where it is not. */
function keepingTerms(context: ToolContext, server: ServerDefinition, call: Execution): CacheTerms | undefined {
  return mayBeKept(context, call) ? server.overrides?.termsOf(call.tool)?.cache : undefined;
}

interface Sending {
  readonly server: ServerDefinition;
  readonly request: SentCall;
  readonly deadline: CallDeadline;
  readonly keeping: KeptCall | undefined;
}

async function send(
  context: ToolContext,
  call: Execution,
  { server, request, deadline, keeping }: Sending,
  { link, prepared }: Connected<ToolEntry>,
): Promise<ToolAnswer> {
  const { method, params, args } = request;
  const asTask = taskParam(call.task, context.relay.client, server, link.facts, prepared);
  const sending = relay(context.relay, link, {
    server: call.server,
    method,
    params,
    asTask,
    headers: toolCallHeaders(prepared.original ?? prepared, args),
    definition: decidedOn(server, 'tool', call.tool, prepared),
    timeoutMs: deadline.leftMs(),
    offersTasks: followsTasks(server),
    onAsked: keeping?.asked,
  });
  const answered = await whileWriting(context, server, call.tool, prepared, sending);
  const missing = missingTask(context.relay.client, server, link.facts, prepared, answered);
  if (missing !== undefined) return missing;
  // As the server answered: what is taken out of it is for the rules of each call to say.
  if (answered.kind === 'result') keeping?.keep(prepared, answered.body);
  const receiving = received(context, call.server, answered);
  const relayed = receiving instanceof Promise ? await receiving : receiving;
  return finished(context, call, relayed, link.facts.era === 'legacy' && asTask !== '', link.facts);
}

/** The relayed result as an answer, with the caller's id where it is a task. @param asked whether a server of 2025-11-25 was asked for one */
function finished(
  context: ToolContext,
  { server, tool }: Execution,
  relayed: Relayed,
  asked: boolean,
  facts?: ServerFacts,
): Promise<ToolAnswer> | ToolAnswer {
  if (relayed.kind === 'error') return relayed;
  const { body } = relayed;
  if (!asked && body.resultType !== 'task') return toAnswer(relayed);
  const { client } = context.relay;
  return import('./made-task.ts')
    .then(({ keptTask }) => keptTask(body, client, facts, (made) => context.keepTask(server, tool, made)))
    .then((kept) => toAnswer({ ...relayed, body: kept }));
}

interface SentCall extends RelayRequest {
  /** JSON text of the arguments. */
  readonly args: string;
}

/** The request as the server gets it. */
function requestOf({ snapshot, caller }: ToolContext, call: Execution, timeoutMs: number): SentCall {
  const server = snapshot.servers.get(call.server);
  const args = sentArguments(server, 'tool', call.tool, call.args.text, caller.principal);
  const name = jsonString(sentName(server, 'tool', call.tool));
  const params = joinMembers(`"name":${name},"arguments":${args}`, call.others);
  return { server: call.server, method: 'tools/call', params, timeoutMs, args };
}

function itself(entry: ToolEntry): ToolEntry {
  return entry;
}

/** A result as its caller gets it: remembered for what it is, cleared of what the rules name, and noted. */
export function received(context: ToolContext, name: string, relayed: Relayed): Promise<Relayed> | Relayed {
  const arriving = relayed.kind === 'result' ? context.arrived(relayed.body) : undefined;
  return arriving === undefined
    ? cleared(context, name, relayed)
    : arriving.then(() => cleared(context, name, relayed));
}

function cleared(context: ToolContext, name: string, relayed: Relayed): Promise<Relayed> | Relayed {
  const screening = screenedResult(context, name, relayed);
  return screening instanceof Promise
    ? screening.then((screened) => noted(context, name, screened))
    : noted(context, name, screening);
}

/** Notes the resources that a result names: its caller may read them. */
function noted({ catalog, snapshot }: ToolContext, name: string, relayed: Relayed): Relayed {
  const server = snapshot.servers.get(name);
  if (relayed.kind === 'result' && server !== undefined) catalog.note(server, relayed.body.text);
  return relayed;
}

/** The relayed result as an answer of the pipeline. */
export function toAnswer(relayed: Relayed): ToolAnswer {
  return relayed.kind === 'result' ? { kind: 'result', body: relayed.body } : relayed;
}

/** A name that the server did not list is not callable. */
function inspected(
  context: ToolContext,
  server: ServerDefinition,
  call: Execution,
  entry: ToolEntry | undefined,
  inspect: Inspect | undefined,
): Promise<ToolEntry> | ToolEntry {
  if (entry === undefined) throw notListed(context, server, call.tool);
  context.confirm(entry);
  const inspecting = inspect?.(entry, server);
  return inspecting === undefined ? entry : inspecting.then(() => entry);
}

/** The error for a tool that its server did not list, with those that may have been meant. */
export function notListed(context: ToolContext, server: ServerDefinition, tool: string): GatewayError {
  if (context.catalog.isHeld(server, 'tools', tool)) return definitionChanged(server.name, 'tool', tool);
  return noToolLike(context, context.named?.server ?? server.name, context.named?.name ?? tool);
}

/** The error for a call of a server that the configuration does not have. A virtual one has only names that lead to others. */
function notThere(context: ToolContext, { server, tool }: Execution): GatewayError {
  const isVirtual = context.snapshot.virtual?.has(server) === true;
  return isVirtual ? noToolLike(context, server, tool) : noServerLike(context, context.named?.server ?? server);
}

/** The error for a name that leads to no tool, with those that may have been meant. */
export function noToolLike(context: ToolContext, shown: string, name: string): GatewayError {
  const listed = knownTools(context, shown);
  const permitted = listed.filter((entry) => context.decide(shown, entry.name, 'tool', entry).allowed);
  const { seeTools, toolName } = context.wording;
  const hint = didYouMean(
    name,
    permitted.map((entry) => entry.name),
    (one) => toolName(shown, one),
  );
  return new GatewayError('TOOL_NOT_FOUND', `Server '${shown}' has no tool '${name}'.${hint} ${seeTools}`);
}

export function deadlineIn(timeoutMs: number): CallDeadline {
  const at = performance.now() + timeoutMs;
  return { leftMs: () => Math.max(1, Math.ceil(at - performance.now())) };
}
