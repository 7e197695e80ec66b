/** `_meta` that says which task a message belongs to (2025-11-25, basic/utilities/tasks, Related Task Metadata). */

import { readObject } from '../protocol/json-rpc.ts';
import { keepMembers } from '../protocol/json-text.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import { META_RELATED_TASK } from '../protocol/revisions.ts';

const SHAPE = { _meta: { [META_RELATED_TASK]: {} } };

interface Related {
  /** Inner text of the params. */
  readonly params: string;
  /** The id that was replaced, as the server calls the task; undefined where none was. */
  readonly id: string | undefined;
  /** True if they name a task that is not the caller's. */
  readonly isForeign: boolean;
}

/**
 * The params of a server's message, with the task that they belong to under the id of its caller.
 * @param exposed that id; undefined for tasks that are not the caller's, which then are not mentioned.
 */
export function relateTo(params: string, exposed: (id: string) => string | undefined): Related {
  // With such an escape in it, the key may be there all the same.
  if (!params.includes(META_RELATED_TASK) && !/\\[u/]/.test(params)) return { params, id: undefined, isForeign: false };
  const text = `{${params}}`;
  const meta = findMember(readObject(text, SHAPE), '_meta');
  const member = findMember(findMember(meta?.object, META_RELATED_TASK)?.object, 'taskId');
  const id = stringValue(text, member);
  const known = id === undefined ? undefined : exposed(id);
  if (member !== undefined && known !== undefined) {
    return {
      params: text.slice(1, member.start) + JSON.stringify(known) + text.slice(member.end, -1),
      id,
      isForeign: false,
    };
  }
  const isForeign = id !== undefined;
  if (meta?.object === undefined) return { params, id: undefined, isForeign };
  const rest = keepMembers(text, meta.object, (key) => key !== META_RELATED_TASK);
  return {
    params: text.slice(1, meta.object.start + 1) + rest + text.slice(meta.object.end - 1, -1),
    id: undefined,
    isForeign,
  };
}

/** The inner text of `_meta` that names a task. */
export function relatedMeta(id: string): string {
  return `${JSON.stringify(META_RELATED_TASK)}:{"taskId":${JSON.stringify(id)}}`;
}
