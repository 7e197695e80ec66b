/** Fetches a paginated list to its end, within bounds (server/utilities/pagination). */
import type { Link } from '../downstream/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { quoted } from '../shared/quote.ts';

const MAX_PAGES = 100;
const MAX_ENTRIES = 10_000;

export interface PagesOptions {
  readonly server: string;
  /** E.g. `tools/list`. */
  readonly method: string;
  /** What the list holds, for messages: `tools`. */
  readonly what: string;
  /** Milliseconds per page. */
  readonly timeoutMs: number;
  /**
   * Takes one page.
   * @returns undefined where the text holds no such list; otherwise the cursor of the next page and the entries so far.
   */
  readonly page: (text: string) => { readonly nextCursor: string | undefined; readonly total: number } | undefined;
}

/**
 * @returns the shortest `ttlMs` of all pages; undefined where none says.
 * @throws GatewayError SERVER_UNAVAILABLE when the server refuses, or sends something that is no list or has no end.
 */
export async function fetchPages(link: Link, options: PagesOptions): Promise<number | undefined> {
  const { server, method, what } = options;
  const cursors = new Set<string>();
  let cursor: string | undefined;
  let ttlMs: number | undefined;
  for (let pages = 1; ; pages++) {
    const params = cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)}`;
    const reply = await link.request(method, params, { timeoutMs: options.timeoutMs });
    if (!reply.ok) throw broken(server, `refused to list its ${what}: ${quoted(reply.message, 200)} (${reply.code})`);
    const page = options.page(reply.result.text);
    if (page === undefined) throw broken(server, `answered ${method} without a list of ${what}`);
    if (reply.result.ttlMs !== undefined) ttlMs = Math.min(ttlMs ?? Number.POSITIVE_INFINITY, reply.result.ttlMs);
    cursor = page.nextCursor;
    if (cursor === undefined) return ttlMs;
    if (cursors.has(cursor)) throw broken(server, `lists its ${what} in a circle: a cursor came back`);
    if (pages >= MAX_PAGES || page.total > MAX_ENTRIES) {
      throw broken(server, `lists more than ${MAX_PAGES} pages or ${MAX_ENTRIES} ${what}`);
    }
    cursors.add(cursor);
  }
}

function broken(server: string, what: string): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `Server "${server}" ${what}. Its owner has to look at it.`);
}
