/** Fetches the whole list of tools of a connected server, within bounds. */
import type { Link } from '../downstream/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { hashOf, readToolsPage, type ToolEntry } from './entry.ts';

const MAX_PAGES = 100;
const MAX_TOOLS = 10_000;

export interface ToolList {
  readonly entries: readonly ToolEntry[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
  /** Milliseconds the server calls the list fresh for; undefined where it does not say. */
  readonly ttlMs: number | undefined;
  /** SHA-256 (hex) of the server's instructions. */
  readonly instructionsHash: string;
}

export interface FetchOptions {
  readonly server: string;
  /** Milliseconds per page. */
  readonly timeoutMs: number;
  /** True where the tools are called over HTTP. */
  readonly hasHeaders: boolean;
  readonly warn: (what: string) => void;
}

/**
 * All tools of a server, in its order; of two with one name the first.
 * @throws GatewayError SERVER_UNAVAILABLE when the server refuses, or sends something that is no list or has no end.
 */
export async function fetchTools(link: Link, options: FetchOptions): Promise<ToolList> {
  const { server, warn } = options;
  const byName = new Map<string, ToolEntry>();
  const instructionsHash = hashOf([JSON.stringify(link.facts.instructions ?? null)]);
  let ttlMs: number | undefined;
  const done = (): ToolList => ({ entries: [...byName.values()], byName, ttlMs, instructionsHash });
  // A server without the capability has no tools (2025-11-25 and 2026-07-28, server/tools, Capabilities).
  if (link.facts.capabilities['tools'] === undefined) return done();

  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const params = cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)}`;
    const reply = await link.request('tools/list', params, { timeoutMs: options.timeoutMs });
    if (!reply.ok) throw broken(server, `refused to list its tools: ${reply.message.slice(0, 200)} (${reply.code})`);
    const read = readToolsPage(reply.result.text, options.hasHeaders);
    if (read === undefined) throw broken(server, 'answered tools/list without a list of tools');
    for (const reason of read.rejected) warn(reason);
    for (const tool of read.tools) {
      if (byName.has(tool.name))
        warn(`Tool "${tool.name.slice(0, 128)}" is listed twice; the first definition counts.`);
      else byName.set(tool.name, tool);
    }
    if (reply.result.ttlMs !== undefined) ttlMs = Math.min(ttlMs ?? Number.POSITIVE_INFINITY, reply.result.ttlMs);
    cursor = read.nextCursor;
    if (cursor === undefined) return done();
    if (cursors.has(cursor)) throw broken(server, 'lists its tools in a circle: a cursor came back');
    if (page >= MAX_PAGES || byName.size > MAX_TOOLS) {
      throw broken(server, `lists more than ${MAX_PAGES} pages or ${MAX_TOOLS} tools`);
    }
    cursors.add(cursor);
  }
}

function broken(server: string, what: string): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `Server "${server}" ${what}. Its owner has to look at it.`);
}
