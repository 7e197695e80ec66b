/** `tools/list`, `prompts/list`, `resources/list` and `resources/templates/list` of the servers, as operations. */

import { filled } from '../../catalog/page-frame.ts';
import { joinMembers } from '../../protocol/json-text.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import type { ErrorCode, GatewayError } from '../../shared/errors.ts';
import type { Absent } from '../missing-servers.ts';
import type { Operation, RequestText, ToolAnswer, ToolContext } from '../operation.ts';
import { pageAfter, pageOf } from './cursors.ts';
import { type ExposedEntry, exposedList, LISTS, type ListName, serverPages } from './exposed-entries.ts';
import { protocolFailure } from './protocol-failure.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

/** The time for which a client may keep a list, in milliseconds; a change is announced besides. Rules filter it, for each caller anew. */
const CACHE = { ttlMs: 60_000, cacheScope: 'private' } as const;

/** Without an agent there is nothing to see, which is no error. */
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
    wording: wordingOf(view),
    fail: (error: GatewayError) => (NOBODY.has(error.code) ? answer(list, [], undefined) : protocolFailure(error)),
  };
}

async function page(context: ToolContext, list: ListName, view: View, cursor: string | undefined): Promise<ToolAnswer> {
  if (view.mode === 'single') return serverPage(context, list, view.server, cursor);
  const { entries, absent } = await exposedList(context, list);
  const shown = pageOf(entries, ({ server, key }) => JSON.stringify([server, key]), cursor);
  return answer(list, shown.entries, shown.nextCursor, absent);
}

/** A page of one server is its own: as it cut it, with all that it says besides the entries. */
async function serverPage(
  context: ToolContext,
  list: ListName,
  server: string,
  cursor: string | undefined,
): Promise<ToolAnswer> {
  const pages = await serverPages(context, server, list);
  const { at, nextCursor } = pageAfter(
    pages.map(({ entries }) => entries.map(({ key }) => key)),
    cursor,
  );
  const page = pages[at];
  if (page === undefined) return answer(list, [], undefined);
  const texts = page.entries.map(({ raw }) => raw);
  return { kind: 'result', body: filled(page.frame, texts, nextCursor), cache: CACHE };
}

/** @param absent servers that are not in it: what it says of them is for people who look why something is missing */
function answer(
  list: ListName,
  entries: readonly ExposedEntry[],
  nextCursor: string | undefined,
  absent?: Absent,
): ToolAnswer {
  const next = nextCursor === undefined ? '' : `"nextCursor":${JSON.stringify(nextCursor)}`;
  const members = joinMembers(`"${LISTS[list].field}":[${entries.map((entry) => entry.text).join(',')}]`, next);
  if (absent === undefined || absent.size === 0) {
    return { kind: 'result', body: { text: `{${members}}`, metaAt: -1 }, cache: CACHE };
  }
  const start = `{${members},"_meta":{`;
  const body = { text: `${start}"${NOT_LISTED}":${absent.text}}}`, metaAt: start.length };
  // The rest may be there in a moment.
  return { kind: 'result', body, cache: { ...CACHE, ttlMs: 0 } };
}

const NOT_LISTED = 'agent-mcp-gateway/not_listed';

/** The cursor that a caller sent. */
export function cursorOf({ text, params }: RequestText): string | undefined {
  return stringValue(text, findMember(params, 'cursor'));
}
