/** The introduction of one server, for callers that see it alone. */

import { TASKS } from '../../protocol/extensions.ts';
import { foldCase } from '../../protocol/fold-case.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { joinMembers, keepMembers } from '../../protocol/json-text.ts';
import { findMember, type Member, type ScannedObject } from '../../protocol/members.ts';
import { dropNulls } from '../../protocol/nulls.ts';
import type { Era } from '../../protocol/revisions.ts';
import { deadlineIn } from '../call-server-tool.ts';
import type { ToolContext } from '../operation.ts';
import { runsTools } from '../task-result.ts';

export interface Introduction {
  /** JSON text of an object. */
  readonly capabilities: string;
  /** JSON text of an object; undefined for the gateway's own. */
  readonly info: string | undefined;
  /** Inner text of all else: members of the result. */
  readonly others: string;
}

/** Members that each hop writes anew, however a reader may spell them. */
const ANEW: ReadonlySet<string> = new Set(['protocolversion', 'supportedversions', 'capabilities', 'serverinfo']);

/** The same of a virtual server, which has tools alone; undefined where it is none. */
export function introductionOfVirtual(
  { snapshot }: Pick<ToolContext, 'snapshot'>,
  name: string,
  { version }: { readonly version: string },
): Introduction | undefined {
  const virtual = snapshot.virtual?.get(name);
  if (virtual === undefined) return undefined;
  const { description } = virtual;
  return {
    capabilities: '{"tools":{"listChanged":true}}',
    info: JSON.stringify({ name, version }),
    others: description === undefined ? '' : `"instructions":${JSON.stringify(description)}`,
  };
}

/** @throws GatewayError as `connect` of the context */
export async function introductionOf(context: ToolContext, server: string): Promise<Introduction> {
  const timeoutMs = context.snapshot.servers.get(server)?.timeoutMs ?? context.defaultTimeoutMs;
  const { link } = await context.connect(deadlineIn(timeoutMs), async () => undefined);
  const { text, name, version, info, era, instructions } = link.facts;
  const definition = context.snapshot.servers.get(server);
  const said = definition && (await context.catalog.instructionsNow(definition, instructions, { timeoutMs }));
  const root = readObject(text, { capabilities: { extensions: {} }, _meta: {} });
  const isKept = (key: string, { isNull, object }: Member): boolean =>
    !isNull &&
    !ANEW.has(foldCase(key)) &&
    (said === instructions || foldCase(key) !== 'instructions') &&
    (key !== '_meta' || object !== undefined);
  return {
    capabilities: `{${passedCapabilities(text, findMember(root, 'capabilities')?.object, era, context.relay.client.era)}}`,
    info: JSON.stringify({ ...(dropNulls(info) as object), name: name ?? server, version: version ?? '0' }),
    others: root === undefined ? '' : keepMembers(text, root, isKept),
  };
}

/** All that a server says it can do, extensions that nobody here knows included, but for tasks of the other era: inner text. */
function passedCapabilities(text: string, capabilities: ScannedObject | undefined, era: Era, caller: Era): string {
  if (capabilities === undefined) return '';
  const extensions = findMember(capabilities, 'extensions')?.object;
  if (era === caller) return keepMembers(text, capabilities, isPresent);
  // Callers of 2026-07-28 can follow tasks of 2025-11-25, but not the other way (crossed-tasks.ts).
  const crossed = caller === 'modern' && runsTools(parsedObject(text, capabilities));
  const passed = joinMembers(
    extensions === undefined ? '' : keepMembers(text, extensions, (key) => key !== TASKS),
    crossed ? `${JSON.stringify(TASKS)}:{}` : '',
  );
  return joinMembers(
    keepMembers(text, capabilities, (key, { isNull }) => !isNull && key !== 'tasks' && key !== 'extensions'),
    passed === '' ? '' : `"extensions":{${passed}}`,
  );
}

function parsedObject(text: string, { start, end }: ScannedObject): Readonly<Record<string, unknown>> {
  return JSON.parse(text.slice(start, end)) as Readonly<Record<string, unknown>>;
}

function isPresent(_key: string, { isNull }: Member): boolean {
  return !isNull;
}
