/** What crosses the gateway on the way back, as the exact text the server wrote, hop-by-hop fields taken out. */
import { innerText, keepMembers, oneLine } from '../protocol/json.ts';
import { errorMember, type ResponseMessage, stringValue } from '../protocol/messages.ts';
import { isHopByHopMeta, isHopByHopResult } from '../protocol/revisions.ts';
import { findMember, type Member, type ScannedObject } from '../protocol/scan.ts';
import type { Reply } from './types.ts';

/** Code of the error that stands for an answer which is not one. */
const INVALID_ANSWER = -32603;

interface Relayed {
  /** Members without braces, on one line. */
  readonly members: string;
  /** Offset in `members` after the `{` of `_meta`, -1 without one. */
  readonly metaAt: number;
}

/** The same with its braces: where nothing is taken out, the very piece of the message, of which no copy is made. */
function relayedObject(
  text: string,
  object: ScannedObject,
  keep: (key: string) => boolean,
): { readonly text: string; readonly metaAt: number } {
  if (isRelayedWhole(object, keep, isHopByHopMeta)) {
    const meta = findMember(object, '_meta');
    const metaAt = meta?.object === undefined ? -1 : meta.start + 1 - object.start;
    return { text: oneLine(text.slice(object.start, object.end)), metaAt };
  }
  const { members, metaAt } = relayedMembers(text, object, keep);
  return { text: `{${members}}`, metaAt: metaAt < 0 ? -1 : metaAt + 1 };
}

function isRelayedWhole(
  { members }: ScannedObject,
  keep: (key: string) => boolean,
  isHop: (key: string) => boolean,
): boolean {
  return members.every((member) => keep(member.key) && !hasHopByHopMeta(member, isHop));
}

/**
 * The members of an object that `keep` accepts, without the hop-by-hop fields of its `_meta`.
 * @param isHop says which those are.
 */
export function relayedMembers(
  text: string,
  object: ScannedObject,
  keep: (key: string) => boolean,
  isHop: (key: string) => boolean = isHopByHopMeta,
): Relayed {
  const meta = findMember(object, '_meta');
  if (isRelayedWhole(object, keep, isHop)) {
    const from = object.members[0]?.keyStart ?? object.start;
    return {
      members: oneLine(innerText(text, object)),
      metaAt: meta?.object === undefined ? -1 : meta.start + 1 - from,
    };
  }
  let members = '';
  let metaAt = -1;
  for (const member of object.members) {
    if (!keep(member.key)) continue;
    let written = text.slice(member.keyStart, member.end);
    let open = member.start + 1 - member.keyStart;
    if (hasHopByHopMeta(member, isHop) && member.object !== undefined) {
      const inner = keepMembers(text, member.object, (key) => !isHop(key));
      if (inner === '') continue;
      written = `"_meta":{${inner}}`;
      open = written.indexOf('{') + 1;
    }
    if (members !== '') members += ',';
    if (metaAt < 0 && member.key === '_meta' && member.object !== undefined) metaAt = members.length + open;
    members += written;
  }
  return { members: oneLine(members), metaAt };
}

function hasHopByHopMeta(member: Member, isHop: (key: string) => boolean): boolean {
  return member.key === '_meta' && member.object?.members.some((field) => isHop(field.key)) === true;
}

/** The reply that a response to `method` carries; an answer that MCP does not allow becomes an error. */
export function readReply(message: ResponseMessage, method: string): Reply {
  const { text, result, error } = message;
  if (error !== undefined) return { ok: false, ...errorMember(text, error) };
  if (result?.object === undefined) {
    return { ok: false, code: INVALID_ANSWER, message: 'The server answered with a result that is not an object.' };
  }
  const typeMember = findMember(result.object, 'resultType');
  const ttlMember = findMember(result.object, 'ttlMs');
  const errorFlag = findMember(result.object, 'isError');
  const ttl = ttlMember === undefined ? undefined : Number(text.slice(ttlMember.start, ttlMember.end));
  // An absent resultType is "complete" (2026-07-28, basic/index#resulttype).
  const resultType = (typeMember === undefined ? undefined : stringValue(text, typeMember)) ?? 'complete';
  // The `ttlMs` of a task is how long the task is kept (ext-tasks, Tasks).
  const isTask = resultType === 'task' || method.startsWith('tasks/');
  const keep = (key: string): boolean => !isHopByHopResult(key) || (isTask && key === 'ttlMs');
  const relayed = relayedObject(text, result.object, keep);
  return {
    ok: true,
    result: {
      text: relayed.text,
      metaAt: relayed.metaAt,
      resultType,
      isError: errorFlag !== undefined && text.startsWith('true', errorFlag.start),
      ttlMs: ttl === undefined || Number.isNaN(ttl) ? undefined : Math.max(0, ttl),
    },
  };
}
