/** `initialize` and `server/discover`: what there is behind this connection. */
import { ownResult } from '../protocol/codec.ts';
import { MODERN_REVISIONS } from '../protocol/revisions.ts';
import { deadlineIn } from '../tools/execute-tool.ts';
import type { Operation, ToolAnswer, ToolContext } from '../tools/types.ts';
import { protocolFailure } from './failure.ts';
import { instructionsFor } from './instructions.ts';
import type { View } from './view.ts';

/** How long a client may keep what `server/discover` says, in milliseconds. */
const DISCOVER_TTL_MS = 3_600_000;

/** What several servers together offer; which of it there is turns out when it is listed. */
const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

/** Capabilities whose requests name things of one hop, and which are not bridged. */
const NOT_PASSED: ReadonlySet<string> = new Set(['tasks', 'experimental']);

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
  const answer = (capabilities: object, info: ServerInfo, instructions: string | undefined): ToolAnswer => {
    const more = instructions === undefined ? {} : { instructions };
    if (method === 'initialize') {
      return result({ protocolVersion: revision, capabilities, serverInfo: info, ...more });
    }
    return { ...result({ supportedVersions: MODERN_REVISIONS, capabilities, ...more }), cache: HINTS };
  };
  return {
    name: method,
    read: () => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      unlimited: true,
      run: (context) =>
        view.mode === 'single'
          ? introduceServer(context, view.server, answer)
          : answer(CAPABILITIES, serverInfo, view.mode === 'discovery' ? instructionsFor(context) : undefined),
    }),
    // Who has no agent yet may still connect; each call says what it needs.
    fail: (error) => (view.mode === 'single' ? protocolFailure(error) : answer(CAPABILITIES, serverInfo, undefined)),
  };
}

const HINTS = { ttlMs: DISCOVER_TTL_MS, cacheScope: 'private' } as const;

function result(value: object): { kind: 'result'; isError: false; body: ReturnType<typeof ownResult> } {
  return { kind: 'result', isError: false, body: ownResult(value) };
}

async function introduceServer(
  context: ToolContext,
  server: string,
  answer: (capabilities: object, info: ServerInfo, instructions: string | undefined) => ToolAnswer,
): Promise<ToolAnswer> {
  const timeoutMs = context.snapshot.servers.get(server)?.timeoutMs ?? context.defaultTimeoutMs;
  const { link } = await context.connect(deadlineIn(timeoutMs), async () => undefined);
  const { capabilities, name, version, instructions } = link.facts;
  const passed = Object.fromEntries(Object.entries(capabilities).filter(([key]) => !NOT_PASSED.has(key)));
  return answer(passed, { name: name ?? server, version: version ?? '0' }, instructions);
}
