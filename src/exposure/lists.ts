/** `tools/list`, `prompts/list`, `resources/list` and `resources/templates/list` of the servers, as operations. */
import { joinMembers } from '../protocol/json.ts';
import { stringValue } from '../protocol/messages.ts';
import { findMember } from '../protocol/scan.ts';
import type { ErrorCode, GatewayError } from '../shared/errors.ts';
import type { Operation, RequestText, ToolAnswer, ToolContext } from '../tools/types.ts';
import { pageOf } from './cursors.ts';
import { type ExposedEntry, exposedEntries, LISTS, type ListName } from './entries.ts';
import { protocolFailure } from './failure.ts';
import type { View } from './view.ts';

/** How long a client may keep a list, in milliseconds; a change is announced besides. */
const TTL_MS = 60_000;

/** Without an agent there is nothing to see, which is no error (behaviour section 3). */
const NOBODY: ReadonlySet<ErrorCode> = new Set([
  'INVALID_AGENT_ID',
  'FALLBACK_AGENT_NOT_IN_RULES',
  'NO_FALLBACK_CONFIGURED',
]);

/** The operation of one list. @param name the method, e.g. `prompts/list` */
export function listOperation(name: string, list: ListName, view: View): Operation {
  return {
    name,
    read: (request) => ({
      claimedAgent: undefined,
      server: view.mode === 'single' ? view.server : undefined,
      tool: undefined,
      executes: false,
      run: (context) => page(context, list, view, cursorOf(request)),
    }),
    fail: (error: GatewayError) => (NOBODY.has(error.code) ? answer(list, [], undefined) : protocolFailure(error)),
  };
}

async function page(context: ToolContext, list: ListName, view: View, cursor: string | undefined): Promise<ToolAnswer> {
  const entries = await exposedEntries(context, view, list);
  const shown = pageOf(entries, ({ server, key }) => JSON.stringify([server, key]), cursor);
  return answer(list, shown.entries, shown.nextCursor);
}

function answer(list: ListName, entries: readonly ExposedEntry[], nextCursor: string | undefined): ToolAnswer {
  const next = nextCursor === undefined ? '' : `"nextCursor":${JSON.stringify(nextCursor)}`;
  const text = joinMembers(`"${LISTS[list].field}":[${entries.map((entry) => entry.text).join(',')}]`, next);
  return {
    kind: 'result',
    body: { text: `{${text}}`, metaAt: -1 },
    cache: { ttlMs: TTL_MS, cacheScope: 'private' },
  };
}

/** The cursor that a caller sent. */
export function cursorOf({ text, params }: RequestText): string | undefined {
  const member = findMember(params, 'cursor');
  return member === undefined ? undefined : stringValue(text, member);
}
