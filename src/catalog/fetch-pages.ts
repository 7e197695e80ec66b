/** Fetches a paginated list to its end, within bounds (server/utilities/pagination). */

import { readObjectInTurns } from '../protocol/json-rpc.ts';
import { elementsInTurns } from '../protocol/json-text.ts';
import { findMember, findMemberOrNull, stringValue } from '../protocol/members.ts';
import { detached } from '../shared/detached.ts';
import { GatewayError } from '../shared/errors.ts';
import { quoted } from '../shared/quote-text.ts';
import { createSlices } from '../shared/slices.ts';
import type { Reply, UpstreamConnection } from '../upstream/contract.ts';
import { emptyFrame, frameOf, type ListPage, type PageFrame } from './page-frame.ts';

const MAX_PAGES = 100;
const MAX_ENTRIES = 10_000;
const MIB = 1024 * 1024;
/** Characters of one definition, of all that are kept of a list, and of all that is read of it. */
const MAX_DEFINITION = MIB;
const MAX_KEPT = 8 * MIB;
const MAX_READ = 32 * MIB;
/** Milliseconds after which a list that could not be read to its end is read again. */
const PARTIAL_TTL_MS = 60_000;
/** Characters of what a page says besides its list. */
const MAX_FRAME = 64 * 1024;
/** Reasons that are told one by one. */
const MAX_REASONS = 20;

export interface PagesOptions {
  readonly server: string;
  /** E.g. `tools/list`. */
  readonly method: string;
  /** The member of the result that holds the list, and what it holds, for messages: `tools`. */
  readonly what: string;
  /** Milliseconds per page. */
  readonly timeoutMs: number;
  /** Told what is left out, and why: a sentence each. */
  readonly warn: (what: string) => void;
  /** Takes one definition, JSON text. @returns why it is left out, `''` where nobody needs to know */
  readonly take: (raw: string) => string | undefined;
}

/** The rest of a fetch besides the definitions. */
export interface FetchedPages {
  /** As the server cut the list. */
  readonly pages: readonly ListPage[];
  /** The shortest `ttlMs` of all pages; undefined where none says. */
  readonly ttlMs: number | undefined;
  /** Characters that are kept of it. */
  readonly size: number;
}

/**
 * Takes what is within the bounds; the rest is left out, with a warning. Others get their turn meanwhile. A cursor that comes back,
 * is refused or leads nowhere ends the list: what came until then is the list.
 * @throws GatewayError SERVER_UNAVAILABLE or TIMEOUT where there is no first page.
 */
export async function fetchPages(link: UpstreamConnection, options: PagesOptions): Promise<FetchedPages> {
  const { server, method, what } = options;
  const list = new TakenList(options);
  const cursors = new Set<string>();
  let cursor: string | undefined;
  let ttlMs: number | undefined;
  for (let count = 1; ; count++) {
    const params = cursor === undefined ? '' : `"cursor":${JSON.stringify(cursor)}`;
    const asked = link.request(method, params, { timeoutMs: options.timeoutMs });
    const reply = cursor === undefined ? await asked : await asked.catch(messageOf);
    const page = typeof reply === 'object' && reply.ok ? await list.take(reply.result.text) : undefined;
    if (typeof reply === 'string' || !reply.ok || page === undefined) {
      const refusal = typeof reply === 'string' ? reply : `Server "${server}" ${refusalOf(reply, options)}`;
      if (cursor === undefined)
        throw new GatewayError('SERVER_UNAVAILABLE', `${refusal}. Its owner has to look at it.`);
      // Clients that read the first page only have what is on it.
      options.warn(`${refusal}, after a page of ${what} that says there are more: those until then are used.`);
      return { pages: list.pages, ttlMs: PARTIAL_TTL_MS, size: list.size };
    }
    if (reply.result.ttlMs !== undefined) ttlMs = Math.min(ttlMs ?? Number.POSITIVE_INFINITY, reply.result.ttlMs);
    cursor = page.nextCursor;
    // An empty one leads nowhere for official clients; one that comes back leads in a circle.
    if (cursor === '' || (cursor !== undefined && cursors.has(cursor))) cursor = undefined;
    if (cursor !== undefined) cursors.add(cursor);
    const isFull = list.isFull || (cursor !== undefined && count >= MAX_PAGES);
    if (cursor !== undefined && !isFull) continue;
    list.conclude(isFull);
    const { pages, size } = list;
    return { pages, ttlMs, size };
  }
}

/** A list as far as it was fetched. */
class TakenList {
  readonly pages: ListPage[] = [];
  size = 0;
  readonly #options: PagesOptions;
  readonly #slice = createSlices();
  #count = 0;
  #read = 0;
  #hasNoRoom = false;
  #reasons = 0;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#hasNoRoom || this.#read >= MAX_READ;
  }

  /** @returns undefined where the text holds no such list. */
  async take(text: string): Promise<{ readonly nextCursor: string | undefined } | undefined> {
    this.#read += text.length;
    const root = await readObjectInTurns(text);
    const member = findMemberOrNull(root, this.#options.what);
    // Programs in Go write null for an empty list.
    const isList = member !== undefined && (member.isNull || text.charAt(member.start) === '[');
    if (root === undefined || !isList) return undefined;
    await this.#slice();
    const frame = ownFrame(frameOf(text, root, member), this.#options.what);
    this.size += frame.text.length;
    const nextCursor = stringValue(text, findMember(root, 'nextCursor'));
    const written = member.isNull ? '[]' : text.slice(member.start, member.end);
    const definitions = await elementsInTurns(written, MAX_ENTRIES + 1);
    for (const raw of definitions) {
      await this.#slice();
      this.#takeOne(raw);
      if (this.#hasNoRoom) break;
    }
    this.pages.push({ frame, end: this.#count, isEmpty: definitions.length === 0 });
    return { nextCursor: nextCursor === undefined ? undefined : detached(nextCursor) };
  }

  /** @param isCut where the server has more of it, as far as is known. */
  conclude(isCut: boolean): void {
    const { server, what, warn } = this.#options;
    if (this.#reasons > MAX_REASONS)
      warn(`${this.#reasons - MAX_REASONS} more of its ${what} are left out, or stand twice.`);
    if (!isCut) return;
    const bounds = `${MAX_ENTRIES} ${what}, ${MAX_PAGES} pages, ${MAX_KEPT / MIB} MiB of definitions or ${MAX_READ / MIB} MiB of text`;
    warn(
      `Server "${server}" lists more than ${bounds}: its first ${this.#count} ${what} are used, the rest is left out.`,
    );
  }

  #takeOne(raw: string): void {
    const { what, take } = this.#options;
    if (raw.length > MAX_DEFINITION) {
      const name = quoted(raw.slice(0, 64), 64);
      this.#tell(
        `A definition among its ${what}, ${name}, is left out: it is longer than ${MAX_DEFINITION / MIB} MiB.`,
      );
      return;
    }
    if (this.#count >= MAX_ENTRIES || this.size + raw.length > MAX_KEPT) {
      this.#hasNoRoom = true;
      return;
    }
    // On its own: a part would keep the whole page.
    const reason = take(detached(raw));
    if (reason !== undefined) this.#tell(reason);
    else {
      this.#count++;
      this.size += raw.length;
    }
  }

  #tell(reason: string): void {
    if (reason === '') return;
    if (++this.#reasons <= MAX_REASONS) this.#options.warn(reason);
  }
}

/** The part of a page besides its list; nothing where that is long. */
function ownFrame(frame: PageFrame, field: string): PageFrame {
  return frame.text.length > MAX_FRAME ? emptyFrame(field) : { ...frame, text: detached(frame.text) };
}

function refusalOf(reply: Reply, { method, what }: PagesOptions): string {
  if (reply.ok) return `answered ${method} without a list of ${what}`;
  return `refused to list its ${what}: ${quoted(reply.message, 200)} (${reply.code})`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : '';
}
