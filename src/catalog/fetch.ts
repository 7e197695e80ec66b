/** Fetches the whole list of tools of a connected server, within bounds. */
import type { Link } from '../downstream/types.ts';
import { readTool, type ToolEntry } from './entry.ts';
import type { ListPage } from './frame.ts';
import { fetchPages } from './pages.ts';
import type { Listing } from './shelves.ts';

export interface ToolList extends Listing {
  readonly entries: readonly ToolEntry[];
  /** As the server cut it; none where it has no tools to list. */
  readonly pages: readonly ListPage[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
  /** What the server said of itself when it was connected. */
  readonly instructions: string | undefined;
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
  const byName = new Map<string, ToolEntry>();
  const { instructions } = link.facts;
  const nothing = { pages: [], ttlMs: undefined, size: 0 };
  // A server without the capability has no tools (2025-11-25 and 2026-07-28, server/tools, Capabilities).
  const hasTools = link.facts.capabilities['tools'] !== undefined;
  const fetched = hasTools
    ? await fetchPages(link, { ...options, method: 'tools/list', what: 'tools', take })
    : nothing;
  return { ...fetched, entries: [...byName.values()], byName, instructions };

  function take(raw: string): string | undefined {
    const tool = readTool(raw, options.hasHeaders);
    if (typeof tool === 'string') return tool;
    if (byName.has(tool.name)) return `Tool "${tool.name.slice(0, 128)}" is listed twice; the first definition counts.`;
    byName.set(tool.name, tool);
    return undefined;
  }
}
