/** `initialize` and `server/discover`: what there is behind this connection. */

import { SKILLS, TASKS } from '../../protocol/extensions.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { joinMembers } from '../../protocol/json-text.ts';
import { findMember } from '../../protocol/members.ts';
import { LATEST_LEGACY, MODERN_REVISIONS } from '../../protocol/revisions.ts';
import type { ExecutorChoice } from '../gateway-tools/executor-choice.ts';
import type { Operation, ToolAnswer } from '../operation.ts';
import { generalInstructions, instructionsFor } from './gateway-instructions.ts';
import { protocolFailure } from './protocol-failure.ts';
import { type Introduction, introductionOf, introductionOfVirtual } from './server-introduction.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

/** The time for which a client may keep the answer to `server/discover`, in milliseconds: more is known when more servers were listed. */
const DISCOVER_TTL_MS = 300_000;

/** The capabilities of several servers together; which of them there are turns out when they are listed. */
const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

const SKILLS_TOGETHER = { [SKILLS]: { directoryRead: true } };
/** The capabilities for callers of 2026-07-28 alone: whether there will be a task is for each server to decide. */
const MODERN_CAPABILITIES = { ...CAPABILITIES, extensions: { [TASKS]: {}, ...SKILLS_TOGETHER } };
/** The capabilities for callers of 2025-11-25 alone; older revisions have neither tasks nor extensions. */
const LATEST_CAPABILITIES = {
  ...CAPABILITIES,
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
  extensions: SKILLS_TOGETHER,
};

interface GatewayFacts {
  readonly serverInfo: { readonly name: string; readonly version: string };
  /** The tools that it shows to call others with. */
  readonly executors: ExecutorChoice;
}

/**
 * @param method `initialize` or `server/discover`.
 * @param revision what `initialize` agreed on.
 */
export function introduceOperation(
  method: string,
  view: View,
  { serverInfo, executors }: GatewayFacts,
  revision: string | undefined,
): Operation {
  const together =
    method === 'server/discover'
      ? MODERN_CAPABILITIES
      : revision === LATEST_LEGACY
        ? LATEST_CAPABILITIES
        : CAPABILITIES;
  const answer = ({ capabilities, info, others }: Introduction): ToolAnswer => {
    const own =
      method === 'initialize'
        ? `"protocolVersion":${JSON.stringify(revision)},"capabilities":${capabilities},"serverInfo":${info ?? JSON.stringify(serverInfo)}`
        : `"supportedVersions":${JSON.stringify(MODERN_REVISIONS)},"capabilities":${capabilities}`;
    const text = `{${joinMembers(own, others)}}`;
    const meta = findMember(readObject(text), '_meta');
    const body = { text, metaAt: meta === undefined ? -1 : meta.start + 1 };
    if (method === 'initialize') return { kind: 'result', body };
    return { kind: 'result', body: info === undefined ? body : { ...body, serverInfo: info }, cache: HINTS };
  };
  const introduceGateway = (instructions: string): ToolAnswer =>
    answer({
      capabilities: JSON.stringify(together),
      info: undefined,
      others: `"instructions":${JSON.stringify(instructions)}`,
    });
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
          ? answer(
              introductionOfVirtual(context, view.server, serverInfo) ?? (await introductionOf(context, view.server)),
            )
          : introduceGateway(await instructionsFor(context, view.mode, executors)),
    }),
    wording: wordingOf(view),
    // Who has no agent yet may still connect; each call says what it needs.
    fail: (error) =>
      view.mode === 'single' ? protocolFailure(error) : introduceGateway(generalInstructions(view.mode, executors)),
  };
}

const HINTS = { ttlMs: DISCOVER_TTL_MS, cacheScope: 'private' } as const;
