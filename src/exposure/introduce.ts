/** `initialize` and `server/discover`: what there is behind this connection. */
import type { ServerFacts } from '../downstream/types.ts';
import { ownResult } from '../protocol/codec.ts';
import { TASKS } from '../protocol/extensions.ts';
import { type Era, LATEST_LEGACY, MODERN_REVISIONS } from '../protocol/revisions.ts';
import { deadlineIn } from '../tools/execute-tool.ts';
import type { Operation, ToolAnswer, ToolContext } from '../tools/types.ts';
import { protocolFailure } from './failure.ts';
import { instructionsFor } from './instructions.ts';
import type { View } from './view.ts';

/** How long a client may keep what `server/discover` says, in milliseconds: more is known when more servers were listed. */
const DISCOVER_TTL_MS = 300_000;

/** What several servers together offer; which of it there is turns out when it is listed. */
const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

/** What is added for callers of 2026-07-28: whether there will be a task is for each server to decide. */
const MODERN_CAPABILITIES = { ...CAPABILITIES, extensions: { [TASKS]: {} } };
/** What is added for callers of 2025-11-25; older revisions have no tasks. */
const TASKS_2025 = { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } };

interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/**
 * @param method `initialize` or `server/discover`.
 * @param revision what `initialize` agreed on.
 */
export function introduceOperation(
  method: string,
  view: View,
  serverInfo: ServerInfo,
  revision: string | undefined,
): Operation {
  const together =
    method === 'server/discover'
      ? MODERN_CAPABILITIES
      : revision === LATEST_LEGACY
        ? { ...CAPABILITIES, ...TASKS_2025 }
        : CAPABILITIES;
  const answer = (capabilities: object, info: ServerInfo, instructions: string | undefined): ToolAnswer => {
    const more = instructions === undefined ? {} : { instructions };
    if (method === 'initialize') {
      return result({ protocolVersion: revision, capabilities, serverInfo: info, ...more });
    }
    const { body } = result({ supportedVersions: MODERN_REVISIONS, capabilities, ...more });
    return {
      kind: 'result',
      body: info === serverInfo ? body : { ...body, serverInfo: JSON.stringify(info) },
      cache: HINTS,
    };
  };
  return {
    name: method,
    read: () => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      unlimited: true,
      run: async (context) =>
        view.mode === 'single'
          ? introduceServer(context, view.server, answer)
          : answer(together, serverInfo, await instructionsFor(context, view.mode)),
    }),
    // Who has no agent yet may still connect; each call says what it needs.
    fail: (error) => (view.mode === 'single' ? protocolFailure(error) : answer(together, serverInfo, undefined)),
  };
}

const HINTS = { ttlMs: DISCOVER_TTL_MS, cacheScope: 'private' } as const;

function result(value: object): { kind: 'result'; body: ReturnType<typeof ownResult> } {
  return { kind: 'result', body: ownResult(value) };
}

async function introduceServer(
  context: ToolContext,
  server: string,
  answer: (capabilities: object, info: ServerInfo, instructions: string | undefined) => ToolAnswer,
): Promise<ToolAnswer> {
  const timeoutMs = context.snapshot.servers.get(server)?.timeoutMs ?? context.defaultTimeoutMs;
  const { link } = await context.connect(deadlineIn(timeoutMs), async () => undefined);
  const { name, version, info, instructions } = link.facts;
  return answer(
    passedCapabilities(link.facts, context.relay.client.era),
    { ...info, name: name ?? server, version: version ?? '0' },
    instructions,
  );
}

/** All that a server says it can do, extensions that nobody here knows included, but for tasks of the other era. */
function passedCapabilities({ capabilities, era }: ServerFacts, caller: Era): Readonly<Record<string, unknown>> {
  if (era === caller) return capabilities;
  const { tasks: _tasks, extensions, ...rest } = capabilities;
  if (typeof extensions !== 'object' || extensions === null) return rest;
  const { [TASKS]: _extension, ...others } = extensions as Readonly<Record<string, unknown>>;
  return Object.keys(others).length === 0 ? rest : { ...rest, extensions: others };
}
