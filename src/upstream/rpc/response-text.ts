/** The result of a server on the way back: the exact text that it wrote, without hop-by-hop fields. */

import { foldCase } from '../../protocol/fold-case.ts';
import { errorMember, type ResponseMessage } from '../../protocol/json-rpc.ts';
import { keepMembers, oneLine } from '../../protocol/json-text.ts';
import {
  findMember,
  findMemberOrNull,
  isEmptyArray,
  type Member,
  type ScannedObject,
  stringValue,
} from '../../protocol/members.ts';
import { isHopByHopMeta, isHopByHopResult } from '../../protocol/revisions.ts';
import type { Reply } from '../contract.ts';
import { clearedCompletion, clearedList } from './null-members.ts';

/** Code of the error that stands for an answer which is not one. */
const INVALID_ANSWER = -32603;

interface Relayed {
  /** Members without braces, on one line. */
  readonly members: string;
  /** Offset in `members` after the `{` of `_meta`, -1 without one. */
  readonly metaAt: number;
}

/**
 * The members of an object that `keep` accepts, without the hop-by-hop fields of its `_meta`. Of several members that a reader may
 * take for `_meta` only the first is kept, and it only where it is an object: the next hop writes its own fields into it.
 * @param isHop says which those are.
 */
export function relayedMembers(
  text: string,
  object: ScannedObject,
  keep: (key: string, member: Member) => boolean,
  isHop: (key: string) => boolean = isHopByHopMeta,
): Relayed {
  let members = '';
  let metaAt = -1;
  let hasMeta = false;
  /** The bounds of the members that are kept as they stand: of neighbours one piece is cut out, not one of each. */
  let from = -1;
  let to = -1;
  const append = (piece: string): void => {
    members = members === '' ? piece : `${members},${piece}`;
  };
  const cut = (): void => {
    if (from >= 0) append(text.slice(from, to));
    from = -1;
  };
  for (const member of object.members) {
    const { key, keyStart, start, end, object: inner } = member;
    if (!keep(key, member) || (isMetaLike(key) && (key !== '_meta' || inner === undefined || hasMeta))) cut();
    else if (inner !== undefined && hasHopByHopMeta(member, isHop)) {
      cut();
      hasMeta = true;
      const kept = keepMembers(text, inner, (field) => !isHop(field));
      if (kept === '') continue;
      append(`"_meta":{${kept}}`);
      metaAt = members.length - kept.length - 1;
    } else {
      if (from < 0) from = keyStart;
      to = end;
      if (key === '_meta' && inner !== undefined) {
        hasMeta = true;
        metaAt = (members === '' ? 0 : members.length + 1) + start + 1 - from;
      }
    }
  }
  cut();
  return { members: oneLine(members), metaAt };
}

function isMetaLike(key: string): boolean {
  return key === '_meta' || (key.length === 5 && foldCase(key) === '_meta');
}

function hasHopByHopMeta(member: Member, isHop: (key: string) => boolean): boolean {
  return member.key === '_meta' && member.object?.members.some((field) => isHop(field.key)) === true;
}

/** Requests that are answered with an empty result: null says the same, and so does an empty array. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/cancel',
  'tasks/update',
]);
const NOTHING: Reply = {
  ok: true,
  result: { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined },
};

/** Members of results that clients refuse as null, although it means that they are not there. */
const MAY_BE_ABSENT: ReadonlySet<string> = new Set([
  'isError',
  'structuredContent',
  'nextCursor',
  'description',
  'instructions',
  'requestState',
  'inputRequests',
]);

/** The member that the result of a method is about, and that strict readers refuse with null in it. */
const CLEARED: ReadonlyMap<string, { readonly key: string; readonly clear: typeof clearedList }> = new Map([
  ['tools/call', { key: 'content', clear: clearedList }],
  ['resources/read', { key: 'contents', clear: clearedList }],
  ['prompts/get', { key: 'messages', clear: clearedList }],
  ['completion/complete', { key: 'completion', clear: clearedCompletion }],
]);

/** The reply that a response to `method` carries; an answer that MCP does not allow becomes an error. */
export function readReply(message: ResponseMessage, method: string): Reply {
  const { text, result, error } = message;
  if (error !== undefined) return { ok: false, ...errorMember(text, error) };
  const isNothing = result !== undefined && (result.isNull || isEmptyArray(text, result));
  if (isNothing && SAYS_NOTHING.has(method)) return NOTHING;
  if (result?.object === undefined) {
    return { ok: false, code: INVALID_ANSWER, message: 'The server answered with a result that is not an object.' };
  }
  const ttlMember = findMember(result.object, 'ttlMs');
  const errorFlag = findMember(result.object, 'isError');
  const ttl = ttlMember === undefined ? undefined : Number(text.slice(ttlMember.start, ttlMember.end));
  // An absent resultType is "complete" (2026-07-28, basic/index#resulttype).
  const said = stringValue(text, findMember(result.object, 'resultType'));
  const resultType = said ?? 'complete';
  // The `ttlMs` of a task is how long the task is kept (ext-tasks, Tasks).
  const isTask = resultType === 'task' || method.startsWith('tasks/');
  const about = CLEARED.get(method);
  const member = about && findMemberOrNull(result.object, about.key);
  const cleared = member && about?.clear(text, member);
  const keep = (key: string, { isNull }: Member): boolean => {
    // Structured content may be any JSON value since results say their type (2026-07-28, server/tools, Structured Content).
    const isValue = key === 'structuredContent' && said !== undefined;
    if (isNull && MAY_BE_ABSENT.has(key) && !isValue) return false;
    if (cleared !== undefined && key === about?.key) return false;
    return !isHopByHopResult(key) || (isTask && key === 'ttlMs');
  };
  const relayed = relayedMembers(text, result.object, keep);
  const { members, metaAt } =
    cleared === undefined ? relayed : withFirst(`"${about?.key}":${oneLine(cleared)}`, relayed);
  return {
    ok: true,
    result: {
      text: `{${members}}`,
      members,
      metaAt: metaAt < 0 ? -1 : metaAt + 1,
      resultType,
      isError: errorFlag !== undefined && text.startsWith('true', errorFlag.start),
      ttlMs: ttl === undefined || Number.isNaN(ttl) ? undefined : Math.max(0, ttl),
      cacheScope: ttl === undefined ? undefined : scopeIn(text, result.object),
    },
  };
}

/** Whom a result is for, where the server says that it may be kept; undefined for a word that nobody knows. */
function scopeIn(text: string, result: ScannedObject): 'public' | 'private' | undefined {
  const scope = stringValue(text, findMember(result, 'cacheScope'));
  return scope === 'public' || scope === 'private' ? scope : undefined;
}

function withFirst(first: string, { members, metaAt }: Relayed): Relayed {
  if (members === '') return { members: first, metaAt };
  return { members: `${first},${members}`, metaAt: metaAt < 0 ? metaAt : metaAt + first.length + 1 };
}
