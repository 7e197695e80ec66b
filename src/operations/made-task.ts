/** Tasks in the answers of servers, under the ids of their callers. Loaded when there is one. */
import { type ResultBody, rewritten } from '../protocol/era-codec.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ServerFacts } from '../upstream/contract.ts';
import { createdTask } from './crossed-tasks.ts';
import type { MadeTask } from './operation.ts';

/** The `task` member of a result of 2025-11-25. */
const SHAPE = { task: {} };

/**
 * The result of a call, under the id that `keep` gives it where it is a task, as the caller's generation says it; the result itself
 * where a server of 2025-11-25 made none.
 * @param facts those of the server; undefined where they are not at hand: then it is one of the 2025 revisions.
 * @throws GatewayError SERVER_UNAVAILABLE for a task of 2026-07-28 without an id
 */
export async function keptTask(
  body: ResultBody,
  { era }: CallingClient,
  facts: ServerFacts | undefined,
  keep: (made: MadeTask) => Promise<string>,
): Promise<ResultBody> {
  const isModern = body.resultType === 'task';
  const root = readObject(body.text, SHAPE);
  const holder = isModern ? root : findMember(root, 'task')?.object;
  const member = findMember(holder, 'taskId');
  const id = stringValue(body.text, member);
  if (member !== undefined && id !== undefined) {
    const createdAt = stringValue(body.text, findMember(holder, 'createdAt'));
    const seenOn = facts && new WeakRef(facts);
    const exposed = await keep({ id, era: isModern ? 'modern' : 'legacy', createdAt, seenOn });
    return isModern || era === 'legacy' ? replaced(body, member, exposed) : createdTask(body, exposed);
  }
  if (!isModern) return body;
  throw new GatewayError(
    'SERVER_UNAVAILABLE',
    'The server answered with a task that has no id. Its owner has to look at it.',
  );
}

/** The state of a task as a server gives it, under the caller's id. */
export function renamedTask(body: ResultBody, id: string, exposed: string): ResultBody {
  const member = findMember(readObject(body.text, SHAPE), 'taskId');
  if (member === undefined || stringValue(body.text, member) !== id) return body;
  return replaced(body, member, exposed);
}

/** One entry of `tasks/list` under the caller's id; undefined where `exposed` knows none. */
export function exposedTask(
  raw: string,
  exposed: (id: string) => string | undefined,
): { readonly id: string; readonly text: string } | undefined {
  const member = findMember(readObject(raw, SHAPE), 'taskId');
  const id = stringValue(raw, member);
  const known = id === undefined ? undefined : exposed(id);
  if (member === undefined || known === undefined) return undefined;
  return { id: known, text: raw.slice(0, member.start) + JSON.stringify(known) + raw.slice(member.end) };
}

function replaced(body: ResultBody, { start, end }: { start: number; end: number }, id: string): ResultBody {
  const { text, metaAt } = body;
  const written = JSON.stringify(id);
  return rewritten(
    body,
    text.slice(0, start) + written + text.slice(end),
    metaAt > start ? metaAt + written.length - (end - start) : metaAt,
  );
}
