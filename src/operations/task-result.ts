/** Calls that a server answers with a task: the id that their caller gets, and what a task may not cross. */

import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { TASKS } from '../protocol/extensions.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../protocol/members.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { takesTasks } from '../relay/offered-capabilities.ts';
import type { Relayed } from '../relay/relayed.ts';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import type { ServerFacts } from '../upstream/contract.ts';
import type { RequestText, ToolAnswer } from './operation.ts';

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

const PER_CALL =
  'has a process for each call ("sharing": "per-call"), so that nothing could be learned of a task later';

/**
 * The `task` member of a call, as this server gets it: the experimental tasks of 2025-11-25, which callers ask for. For callers of
 * 2026-07-28, who do not, the gateway asks where the tool runs in no other way.
 * @param task JSON text of the member; undefined for calls without.
 * @returns inner text of the params
 * @throws GatewayError METHOD_NOT_FOUND where a caller of 2025 asks for a task that it could not follow, or never would get
 */
export function taskParam(
  task: string | undefined,
  client: CallingClient,
  server: ServerDefinition,
  facts: ServerFacts,
  entry: ToolEntry,
): string {
  if (client.era === 'modern' && facts.era === 'legacy') {
    const isTask = runsTools(facts.capabilities) && needsTask(entry) && followsTasks(server) && takesTasks(client);
    return isTask ? '"task":{}' : '';
  }
  if (task === undefined) return '';
  if (!followsTasks(server)) {
    throw new GatewayError('METHOD_NOT_FOUND', `Server "${server.name}" ${PER_CALL}: call the tool without "task".`);
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

/**
 * The answer to a caller of 2026-07-28 where a server of 2025-11-25 refuses to call a tool that only runs as a task; undefined for
 * another answer.
 */
export function missingTask(
  client: CallingClient,
  server: ServerDefinition,
  facts: ServerFacts,
  entry: ToolEntry,
  relayed: Relayed,
): ToolAnswer | undefined {
  if (relayed.kind !== 'error' || relayed.code !== CATALOGUE.METHOD_NOT_FOUND.rpc) return undefined;
  if (client.era !== 'modern' || facts.era !== 'legacy' || !needsTask(entry)) return undefined;
  if (!takesTasks(client)) return MISSING_TASKS;
  if (followsTasks(server)) return undefined;
  const message = `Server "${server.name}" only runs this tool as a task, and ${PER_CALL}: its owner has to change "sharing".`;
  return { kind: 'error', code: CATALOGUE.METHOD_NOT_FOUND.rpc, message, isForClient: true };
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
