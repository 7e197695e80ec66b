/** Requests that a server answers and the gateway only routes: tools under exposed names, prompts, resources, completion. */

import type { ServerDefinition } from '../../config/snapshot.ts';
import { joinMembers, keepMembers } from '../../protocol/json-text.ts';
import { findMember, isEmptyArray, stringValue } from '../../protocol/members.ts';
import { encodeHeaderValue, paramMismatch } from '../../protocol/param-headers.ts';
import { NAMED } from '../../protocol/request-headers.ts';
import type { Era } from '../../protocol/revisions.ts';
import { type RelayRequest, relay, resume } from '../../relay/relay-request.ts';
import type { Relayed } from '../../relay/relayed.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition, UpstreamConnection } from '../../upstream/contract.ts';
import { dependsOnCaller } from '../../upstream/pool/sharing.ts';
import { deadlineIn, execute, mayBeKept, received, sizeOf, toAnswer } from '../call-server-tool.ts';
import type { Invocation, Operation, RequestText, Target, ToolAnswer, ToolContext } from '../operation.ts';
import type { KeptRead } from '../results/kept-read.ts';
import { sentArguments, sentName } from '../sent-arguments.ts';
import { taskOf } from '../task-result.ts';
import { failureAnswer } from '../tool-answer.ts';
import { noServerLike } from '../unknown-server.ts';
import { checkIfSkillFile } from './has-skills.ts';
import { hidingFailure, protocolFailure, resourceNotFound } from './protocol-failure.ts';
import { replaceUris } from './replace-uris.ts';
import { requirePrompt } from './require-prompt.ts';
import { requireResource, type UriUse } from './require-resource.ts';
import { locateName, locateUri, lookUpName, lookUpUri } from './resolve-name.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

/** `tools/call` of a server's tool. Failures are tool results, as everywhere. */
export function toolCallOperation(view: View, era: Era): Operation {
  let asTask = false;
  return {
    name: 'tools/call',
    read(request) {
      const exposed = requiredString(request, 'name');
      const args = argumentsOf(request);
      const others = keepParams(request, (key) => !CALL_PARAMS.has(key));
      const task = taskOf(request);
      asTask = task !== undefined;
      return {
        ...aim(locateName(view, exposed), (context) => lookUpName(context, 'tools', exposed)),
        executes: true,
        asks: { args: args.text, others, isCall: true },
        detail: sizeOf(args),
        mayBeKept: (context, target) => mayBeKept(context, { server: found(target).server, task, others }),
        run: (context, target) => {
          const { server, name } = found(target);
          const { header } = context.relay.client;
          const call = { server, tool: name, args, others, task, timeoutMs: undefined };
          return execute(context, call, ({ paramHeaders }) => {
            const mismatch = header && paramMismatch(paramHeaders, args.text, header);
            if (mismatch !== undefined) throw new GatewayError('HEADER_MISMATCH', mismatch);
            return undefined;
          });
        },
      };
    },
    wording: wordingOf(view),
    // Who asked for a task waits for no result of a tool.
    fail: (error) =>
      error.code === 'HEADER_MISMATCH' || (asTask && era === 'legacy')
        ? protocolFailure(error)
        : failureAnswer(error.code, error.message),
  };
}

const CALL_PARAMS: ReadonlySet<string> = new Set(['name', 'arguments', 'task']);

export function promptOperation(view: View): Operation {
  let asked = '';
  return {
    name: 'prompts/get',
    read(request) {
      asked = requiredString(request, 'name');
      const others = keepParams(request, (key) => key !== 'name');
      return {
        ...aim(locateName(view, asked), (context) => lookUpName(context, 'prompts', asked)),
        kind: 'prompt',
        executes: true,
        asks: { args: `{${others}}`, isCall: true },
        run: (context, target) => {
          const params = (name: string): string =>
            joinMembers(member('name', name), sentOthers(context, target, others));
          return forward(context, target, 'prompts/get', params, { kind: 'prompt', require: requirePrompt });
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) =>
      hidingFailure(error, { kind: 'error', code: -32602, message: `Unknown prompt: ${asked.slice(0, 128)}` }),
  };
}

export function resourceOperation(method: string, view: View, era: Era): Operation {
  let asked = '';
  return {
    name: method,
    read(request) {
      asked = requiredString(request, 'uri');
      const others = keepParams(request, (key) => key !== 'uri');
      return {
        ...aim(locateUri(view, asked), (context) => lookUpUri(context, asked, 'resource')),
        kind: 'resource',
        executes: true,
        asks: { args: `{${others}}` },
        async run(context, target) {
          const params = (uri: string): string => joinMembers(member('uri', uri), others);
          const { server, name } = found(target);
          const answer = await forward(context, target, method, params, {
            require: requireUri('resource'),
            examine: (text) => checkIfSkillFile(context, server, name, text),
          });
          if (answer.kind !== 'result') return answer;
          return name === asked ? answer : { ...answer, body: await replaceUris(answer.body, name, asked) };
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, resourceNotFound(era, asked)),
  };
}

/** The members of a request for a prompt besides its name, with the arguments that the entry of its server puts in. */
function sentOthers({ snapshot, caller }: ToolContext, target: Target | undefined, others: string): string {
  const { server, name } = found(target);
  const sent = sentArguments(snapshot.servers.get(server), 'prompt', name, `{${others}}`, caller.principal);
  return sent.slice(1, -1);
}

/** Methods whose results say how long they may be kept (2026-07-28, server/utilities/caching; ext-skills, Getting a Skill). */
const HINTED: ReadonlySet<string> = new Set(['resources/read', 'skills/get']);

/** The members that say so: never `public`, since rules filter it. */
function withHints(relayed: Relayed): ToolAnswer {
  const answer = toAnswer(relayed);
  if (relayed.kind === 'error' || answer.kind === 'error' || relayed.body.resultType === 'input_required')
    return answer;
  return { ...answer, cache: { ttlMs: relayed.ttlMs ?? 0, cacheScope: 'private' } };
}

/** Any other request of a view with one server, e.g. of an extension: decided on the server alone. */
export function passThroughOperation(method: string, server: string): Operation {
  return {
    name: method,
    countedAs: 'other_request',
    read: (request) => ({
      claimedAgent: undefined,
      server,
      tool: undefined,
      executes: true,
      asks: { args: `{${allParams(request)}}`, others: member('method', method) },
      run: (context, target) => forward(context, target, method, () => allParams(request)),
    }),
    wording: wordingOf({ mode: 'single', server }),
    fail: protocolFailure,
  };
}

type Aim = Pick<Invocation, 'claimedAgent' | 'server' | 'tool' | 'locate'>;

/** Says what an invocation is about: at once where the name tells, otherwise by looking. */
export function aim(target: Target | undefined, lookUp: (context: ToolContext) => Promise<Target | undefined>): Aim {
  if (target === undefined) return { claimedAgent: undefined, server: undefined, tool: undefined, locate: lookUp };
  return { claimedAgent: undefined, server: target.server, tool: target.name };
}

export function found(target: Target | undefined): { readonly server: string; readonly name: string } {
  if (target === undefined) throw new GatewayError('TOOL_NOT_FOUND', 'There is nothing of this name.');
  return { server: target.server, name: target.name ?? '' };
}

interface Forwarding {
  /** Milliseconds; default what the server's entry says. */
  readonly waitMs?: number;
  /** The kind of what the target names, where that may have another name for its server. */
  readonly kind?: 'prompt';
  /** Looks whether the server offers what the target names, and what its definition is; left out where that is a server or a task. */
  readonly require?: Require;
  /** Looks at a result as the server wrote it, before anything is taken out of it, and may refuse it. */
  readonly examine?: (text: string) => Promise<void>;
  /** Answers in the place of the server, where it declares that it cannot. */
  readonly instead?: (link: UpstreamConnection) => Promise<ToolAnswer | undefined>;
}

type Require = (
  context: ToolContext,
  server: ServerDefinition,
  name: string,
  timeoutMs: number,
) => Promise<DecidedDefinition | undefined>;

export function requireUri(use: UriUse): Require {
  return (context, server, uri, timeoutMs) => requireResource(context, server, uri, use, timeoutMs);
}

/** Sends a request to the server that the call is about. @throws GatewayError also TOOL_NOT_FOUND for what it does not offer */
export async function forward(
  context: ToolContext,
  target: Target | undefined,
  method: string,
  paramsFor: (name: string) => string,
  forwarding: Forwarding = {},
): Promise<ToolAnswer> {
  const { waitMs, kind, require, examine, instead } = forwarding;
  const { server, name } = found(target);
  if (context.snapshot.virtual?.has(server) === true) throw noServerLike(context, server);
  const timeoutMs = waitMs ?? context.snapshot.servers.get(server)?.timeoutMs ?? context.defaultTimeoutMs;
  const deadline = deadlineIn(timeoutMs);
  const requestNow = (): RelayRequest => {
    const sent = kind === undefined ? name : sentName(context.snapshot.servers.get(server), kind, name);
    const task = method === 'tasks/result' ? sent : undefined;
    return { server, method, params: paramsFor(sent), timeoutMs, headers: nameHeader(method, sent), task };
  };
  const { snapshot } = context;
  const request = requestNow();
  const answer = HINTED.has(method) ? withHints : toAnswer;
  const take = async (relayed: Relayed): Promise<ToolAnswer> => {
    if (relayed.kind === 'result') await examine?.(relayed.body.text);
    return answer(await received(context, server, relayed));
  };
  const resumed = resume(context.relay, request);
  if (resumed !== undefined) return take(await resumed);
  const prepare = (current: ServerDefinition) => require?.(context, current, name, deadline.leftMs());
  const keeping = method === 'resources/read' ? await openKept(context, request) : undefined;
  let kept: Relayed | undefined;
  const isKept = (definition: DecidedDefinition | undefined): boolean => {
    kept = keeping?.find(definition);
    return kept !== undefined;
  };
  const { link, prepared: definition } = await context.connectUnless(isKept, deadline, prepare);
  if (link === undefined) {
    // What was kept under another configuration counts no longer.
    if (kept === undefined || context.snapshot !== snapshot)
      return forward(context, target, method, paramsFor, forwarding);
    return take(kept);
  }
  const answered = await instead?.(link);
  if (answered !== undefined) return answered;
  // A reload may have changed what its entry says.
  const current = context.snapshot === snapshot ? request : requestNow();
  const sent = { ...current, definition, timeoutMs: deadline.leftMs(), onAsked: keeping?.asked };
  const relayed = await relay(context.relay, link, sent);
  const taken = await take(relayed);
  if (link.facts.era === 'modern') keeping?.keep(definition, relayed);
  return taken;
}

/** Loaded when a resource is read. @returns undefined where what is read may depend on what the caller did before */
async function openKept(context: ToolContext, { server: name, params }: RelayRequest): Promise<KeptRead | undefined> {
  const server = context.snapshot.servers.get(name);
  if (server === undefined || dependsOnCaller(server) || context.relay.client.retry !== undefined) return undefined;
  return (await context.keeping()).read({ context, server, params });
}

/** The header that repeats a name (2026-07-28, basic/transports); none for methods without one. */
export function nameHeader(method: string, name: string): Record<string, string> {
  return NAMED.has(method) ? { 'mcp-name': encodeHeaderValue(name) } : {};
}

export function member(key: string, value: string): string {
  return `"${key}":${JSON.stringify(value)}`;
}

/** Params that are passed on as they are; null is none of them, and strict servers refuse it. */
export function keepParams({ text, params }: RequestText, keep: (key: string) => boolean): string {
  if (params === undefined) return '';
  return keepMembers(text, params, (key, { isNull }) => !isNull && !OWN_PARAMS.has(key) && keep(key));
}

/** All params of a request that nobody here knows: there null may mean something. */
function allParams({ text, params }: RequestText): string {
  return params === undefined ? '' : keepMembers(text, params, (key) => !OWN_PARAMS.has(key));
}

/** Written anew on the way down. */
const OWN_PARAMS: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState']);

/** A member of the params. @throws GatewayError INVALID_PARAMS */
export function requiredString({ text, params }: RequestText, key: string): string {
  const value = stringValue(text, findMember(params, key));
  if (value === undefined || value === '') throw new GatewayError('INVALID_PARAMS', `params.${key} must be a string.`);
  if (value.length > 8_192) throw new GatewayError('INVALID_PARAMS', `params.${key} is too long.`);
  return value;
}

function argumentsOf({ text, params }: RequestText): { readonly text: string; readonly keys: readonly string[] } {
  const found = findMember(params, 'arguments');
  if (found === undefined || isEmptyArray(text, found)) return { text: '{}', keys: [] };
  if (found.object === undefined) throw new GatewayError('INVALID_ARGUMENTS', 'arguments must be an object.');
  return { text: text.slice(found.start, found.end), keys: found.object.members.map(({ key }) => key) };
}
