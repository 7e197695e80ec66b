/** Fetches the whole list of tools of a connected server, within bounds. */
import type { ServerFacts, UpstreamConnection } from '../upstream/contract.ts';
import type { Listing } from './cached-list.ts';
import { type FetchedPages, fetchPages } from './fetch-pages.ts';
import type { ListPage } from './page-frame.ts';
import { mendOnce } from './repair-definition.ts';
import { readTool, type ToolEntry } from './tool-entry.ts';

export interface ToolList extends Listing {
  readonly entries: readonly ToolEntry[];
  /** As the server cut it; none where it has no tools to list. */
  readonly pages: readonly ListPage[];
  readonly byName: ReadonlyMap<string, ToolEntry>;
  /** Definitions that the entry of the server hides. */
  readonly hidden?: readonly ToolEntry[] | undefined;
  /** The description that the server gave of itself when it was connected. */
  readonly instructions: string | undefined;
}

interface FetchOptions {
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
export async function fetchTools(link: UpstreamConnection, options: FetchOptions): Promise<ToolList> {
  const byName = new Map<string, ToolEntry>();
  const { instructions } = link.facts;
  const { facts } = link;
  const fetchAll = (timeoutMs: number): Promise<FetchedPages> =>
    fetchPages(link, { ...options, timeoutMs, method: 'tools/list', what: 'tools', take });
  // A server without the capability has no tools (2025-11-25 and 2026-07-28, server/tools, Capabilities); some forget to say.
  const fetched = facts.capabilities['tools'] === undefined ? await fetchUnsaid() : await fetchAll(options.timeoutMs);
  return { ...fetched, entries: [...byName.values()], byName, instructions };

  async function fetchUnsaid(): Promise<FetchedPages> {
    if (withoutTools.has(facts)) return NOTHING;
    const all = await fetchAll(Math.min(options.timeoutMs, UNSAID_TIMEOUT_MS)).catch(() => NOTHING);
    if (byName.size === 0) withoutTools.add(facts);
    else options.warn('The server lists tools and declares no capability for them: they are used all the same.');
    return all;
  }

  function take(raw: string): string | undefined {
    const tool = readTool(raw, options.hasHeaders);
    if (typeof tool === 'string') return tool;
    if (byName.has(tool.name)) return `Tool "${tool.name.slice(0, 128)}" is listed twice; the first definition counts.`;
    byName.set(tool.name, tool);
    const mended = mendOnce(tool, 'tools');
    if ('flaw' in mended)
      options.warn(`Tool "${tool.name.slice(0, 128)}" is left out of the direct view: ${mended.flaw}.`);
    return undefined;
  }
}

const NOTHING: FetchedPages = { pages: [], ttlMs: undefined, size: 0 };
/** Servers that were asked once for tools that they do not announce, and have none: by what each connection said of itself. */
const withoutTools = new WeakSet<ServerFacts>();
/** Milliseconds that one of them has. */
const UNSAID_TIMEOUT_MS = 5_000;
