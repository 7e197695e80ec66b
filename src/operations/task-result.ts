/** Calls that a server answers with a task: the id that their caller gets, and what a task may not cross. */

import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { type ResultBody, rewritten } from '../protocol/era-codec.ts';
import { TASKS } from '../protocol/extensions.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../protocol/members.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { takesTasks } from '../relay/offered-capabilities.ts';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import type { ServerFacts } from '../upstream/contract.ts';
import type { MadeTask, RequestText } from './operation.ts';

/** The `task` member of a result of 2025-11-25. */
const SHAPE = { task: {} };

/** JSON text of the `task` member of a call; undefined where it has none. */
export function taskOf({ text, params }: RequestText): string | undefined {
  return valueText(text, findMember(params, 'task'));
}

/** The error for a caller that does not declare the extension where a task is needed, or asked about (ext-tasks, Protocol Errors). */
export const MISSING_TASKS = {
  kind: 'error',
  code: CATALOGUE.MISSING_CLIENT_CAPABILITY.rpc,
  message: `The client must declare the extension ${TASKS} with every request about a task.`,
  data: JSON.stringify({ requiredCapabilities: { extensions: { [TASKS]: {} } } }),
  isForClient: true,
} as const;

/**
 * The `task` member of a call, as this server gets it: the experimental tasks of 2025-11-25, which callers ask for. For callers of
 * 2026-07-28, who do not, the gateway asks where the tool runs in no other way.
 * @param task JSON text of the member; undefined for calls without.
 * @returns inner text of the params; undefined where the tool needs a task that the caller does not take
 * @throws GatewayError METHOD_NOT_FOUND where a caller of 2025 asks for a task that it could not follow, or never would get
 */
export function taskParam(
  task: string | undefined,
  client: CallingClient,
  server: ServerDefinition,
  facts: ServerFacts,
  entry: ToolEntry,
): string | undefined {
  if (client.era === 'modern' && facts.era === 'legacy') {
    if (!runsTools(facts.capabilities) || !needsTask(entry) || !followsTasks(server)) return '';
    return takesTasks(client) ? '"task":{}' : undefined;
  }
  if (task === undefined) return '';
  if (!followsTasks(server)) {
    const why = 'has a process for each call ("sharing": "per-call"), so that nothing could be learned of a task later';
    throw new GatewayError('METHOD_NOT_FOUND', `Server "${server.name}" ${why}: call the tool without "task".`);
  }
  // Callers of 2026-07-28 do not ask: the member means nothing (ext-tasks, Capability Negotiation).
  if (client.era === 'modern') return `"task":${task}`;
  if (facts.era === 'legacy' && runsTools(facts.capabilities)) return `"task":${task}`;
  const why =
    facts.era === 'modern'
      ? 'speaks 2026-07-28, whose tasks a client of 2025-11-25 cannot follow'
      : 'does not run tools as tasks';
  throw new GatewayError('METHOD_NOT_FOUND', `Server "${server.name}" ${why}: call the tool without "task".`);
}

/** True if what a server runs as a task can be asked for later: not where that would reach another process of it. */
export function followsTasks({ life }: ServerDefinition): boolean {
  return life?.sharing !== 'per-call';
}

/** True for a tool that its server runs as a task alone (2025-11-25, basic/utilities/tasks, Tool-Level Negotiation). */
export function needsTask({ original, raw }: ToolEntry): boolean {
  const text = original?.raw ?? raw;
  if (!text.includes('taskSupport')) return false;
  const execution = findMember(readObject(text, { execution: {} }), 'execution')?.object;
  return stringValue(text, findMember(execution, 'taskSupport')) === 'required';
}

/** True if a server declares `tasks.requests.tools.call` (2025-11-25, basic/utilities/tasks, Capabilities). */
export function runsTools(capabilities: Readonly<Record<string, unknown>>): boolean {
  let value: unknown = capabilities;
  for (const key of ['tasks', 'requests', 'tools', 'call']) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return true;
}

/**
 * A result that is a task, under the id that `keep` gives it, as the caller's generation says it; the result itself where it is none.
 * @param facts those of the server; undefined where they are not at hand: then it is one of the 2025 revisions.
 * @param asked whether a server of 2025-11-25 was asked for a task
 * @throws GatewayError SERVER_UNAVAILABLE for a task without an id
 */
export function withTask(
  body: ResultBody,
  { era }: CallingClient,
  facts: ServerFacts | undefined,
  asked: boolean,
  keep: (made: MadeTask) => Promise<string>,
): Promise<ResultBody> | ResultBody {
  const isModern = body.resultType === 'task';
  if (!isModern && !asked) return body;
  const root = readObject(body.text, SHAPE);
  const holder = isModern ? root : findMember(root, 'task')?.object;
  const member = findMember(holder, 'taskId');
  const id = stringValue(body.text, member);
  if (member !== undefined && id !== undefined) {
    const createdAt = stringValue(body.text, findMember(holder, 'createdAt'));
    const seenOn = facts && new WeakRef(facts);
    const made = keep({ id, era: isModern ? 'modern' : 'legacy', createdAt, seenOn });
    if (isModern || era === 'legacy') return made.then((exposed) => replaced(body, member, exposed));
    const crossed = import('./crossed-tasks.ts');
    return made.then(async (exposed) => (await crossed).createdTask(body, exposed));
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
