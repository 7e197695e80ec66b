/** Cursors: into a list that was put together from several servers, and from page to page of one server. */
import { GatewayError } from '../../shared/errors.ts';

/** Entries of one page. */
const PAGE = 1_000;

interface Page<T> {
  readonly entries: readonly T[];
  readonly nextCursor: string | undefined;
}

/**
 * One page. A cursor names the entry that the page before ended with, so it survives a reload that leaves this entry, and is
 * refused cleanly where it is gone.
 * @param keyOf must differ between all entries.
 * @throws GatewayError INVALID_PARAMS
 */
export function pageOf<T>(
  all: readonly T[],
  keyOf: (entry: T) => string,
  cursor: string | undefined,
  size = PAGE,
): Page<T> {
  let from = 0;
  if (cursor !== undefined) {
    const last = decoded(cursor);
    from = all.findIndex((entry) => keyOf(entry) === last) + 1;
    if (from === 0) throw invalidCursor();
  }
  const entries = all.slice(from, from + size);
  const end = entries.at(-1);
  const more = end !== undefined && from + size < all.length;
  return { entries, nextCursor: more ? encoded(keyOf(end)) : undefined };
}

/**
 * The next page of a server's list. A cursor counts the pages before it and names the last entry on them: it survives
 * what leaves both, and is refused cleanly otherwise.
 * @param pages the keys on each.
 * @throws GatewayError INVALID_PARAMS
 */
export function pageAfter(
  pages: readonly (readonly string[])[],
  cursor: string | undefined,
): { readonly at: number; readonly nextCursor: string | undefined } {
  let last: string | null = null;
  const cursors = pages.map((keys, index) => {
    const to = index === 0 ? undefined : encoded(JSON.stringify([index, last]));
    last = keys.at(-1) ?? last;
    return to;
  });
  const at = cursor === undefined ? 0 : cursors.indexOf(cursor);
  if (at < 0) throw invalidCursor();
  return { at, nextCursor: cursors[at + 1] };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decoded(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8');
}

function invalidCursor(): GatewayError {
  return new GatewayError('INVALID_PARAMS', 'The cursor is not valid any more: start the list again without it.');
}
