/** The result of a relayed request, in the words of the caller's revision. */
import { type ResultBody, rewritten } from '../protocol/era-codec.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { keepMembers } from '../protocol/json-text.ts';
import { findMember, findMemberOrNull } from '../protocol/members.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Reply } from '../upstream/contract.ts';
import type { CallingClient } from './calling-client.ts';
import { takesTasks } from './offered-capabilities.ts';
import type { RelayRequest } from './relay-request.ts';
import { refusalOf } from './server-questions.ts';

/** A result to release, or a server's own protocol error to relay. */
export type Relayed =
  | {
      readonly kind: 'result';
      readonly body: ResultBody;
      readonly ttlMs?: number | undefined;
      readonly cacheScope?: 'public' | 'private' | undefined;
    }
  | RelayedError;

export interface RelayedError {
  readonly kind: 'error';
  readonly code: number;
  readonly message: string;
  /** JSON text. */
  readonly data?: string;
  /** True where the client has to act, not its model: it opens a page, declares a capability, or sends the request anew. */
  readonly isForClient?: true;
}

/** The 2025 revisions have one type of result; whatever a server of theirs calls it, it is neither a question nor a task. */
export function untyped(reply: Reply): Reply {
  if (!reply.ok || reply.result.resultType === 'complete') return reply;
  return { ok: true, result: { ...reply.result, resultType: 'complete' } };
}

/** The reply as it goes to this caller. @throws GatewayError SERVER_UNAVAILABLE for a result that its revision cannot carry */
export function released(client: CallingClient, reply: Reply, { method, offersTasks = true }: RelayRequest): Relayed {
  if (reply.ok) {
    const { text, members, metaAt, resultType, isError, ttlMs, cacheScope } = reply.result;
    // Of all requests only calls of tools may become tasks, and only where the caller said so (ext-tasks, Supported Methods).
    const isTask = resultType === 'task' && !(method === 'tools/call' && offersTasks && takesTasks(client));
    if (resultType === 'complete' || (client.era === 'modern' && !isTask))
      return {
        kind: 'result',
        ttlMs,
        cacheScope,
        body: inShapeOf(client, { text, members, metaAt, resultType, isError }),
      };
    throw new GatewayError(
      'SERVER_UNAVAILABLE',
      `The server answered with a result of type '${resultType.slice(0, 40)}', which this connection cannot carry.`,
    );
  }
  const data = reply.data === undefined ? {} : { data: reply.data };
  const code = relayedCode(client, reply.code);
  const mark = clientActsOn(client, code) ? ({ isForClient: true } as const) : {};
  return { kind: 'error', code, message: reply.message, ...data, ...mark };
}

/** Structured content that is null is none for callers of the 2025 revisions, whose clients refuse the whole result for it. */
function inShapeOf({ era }: CallingClient, body: ResultBody): ResultBody {
  if (era === 'modern' || !NULL_CONTENT.test(body.text)) return body;
  const { text, metaAt } = body;
  const root = readObject(text);
  const member = findMemberOrNull(root, 'structuredContent');
  if (root === undefined || member === undefined || !member.isNull) return body;
  const kept = `{${keepMembers(text, root, (key) => key !== 'structuredContent')}}`;
  const meta = metaAt < 0 ? undefined : findMember(readObject(kept), '_meta');
  return rewritten(body, kept, meta === undefined ? -1 : meta.start + 1);
}

const NULL_CONTENT = /"structuredContent"\s*:\s*null/;

function clientActsOn(client: CallingClient, code: number): boolean {
  if (code === MISSING_CLIENT_CAPABILITY) return true;
  return code === URL_ELICITATION_REQUIRED && refusalOf(client, 'elicitation/create', '"mode":"url"') === undefined;
}

/** Codes that are about one hop would mislead the caller about this one (2026-07-28, basic/index, Error Codes). */
function relayedCode({ era }: CallingClient, code: number): number {
  if (code === MISSING_CLIENT_CAPABILITY) return era === 'modern' ? code : -32603;
  if (code === URL_ELICITATION_REQUIRED) return era === 'legacy' ? code : -32603;
  if (code <= -32020 && code >= -32099) return -32603;
  // 2026-07-28 retires the codes of the revisions before it.
  if (era === 'modern' && code === NOT_FOUND.legacy) return NOT_FOUND.modern;
  return code;
}

const MISSING_CLIENT_CAPABILITY = -32021;
/** Only 2025-11-25 has it. */
const URL_ELICITATION_REQUIRED = -32042;
/** Folders are of an extension, which has one code in every revision (ext-skills, Error Handling). */
const OF_RESOURCES: ReadonlySet<string> = new Set(['resources/read', 'resources/subscribe', 'resources/unsubscribe']);
const NOT_FOUND = { legacy: -32002, modern: -32602 };

/** 2026-07-28 has no code of its own for a resource that is not there; callers of the revisions before know it by theirs. */
export function inCodesOf({ era }: CallingClient, method: string, reply: Reply): Reply {
  const isMissing = !reply.ok && reply.code === NOT_FOUND.modern && OF_RESOURCES.has(method);
  return isMissing && era === 'legacy' ? { ...reply, code: NOT_FOUND.legacy } : reply;
}
