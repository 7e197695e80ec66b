/** Pages of a list that was put together from several servers. */
import { GatewayError } from '../shared/errors.ts';

/** Entries of one page. */
const PAGE = 1_000;

export interface Page<T> {
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
    const last = Buffer.from(cursor, 'base64url').toString('utf8');
    from = all.findIndex((entry) => keyOf(entry) === last) + 1;
    if (from === 0) {
      throw new GatewayError('INVALID_PARAMS', 'The cursor is not valid any more: start the list again without it.');
    }
  }
  const entries = all.slice(from, from + size);
  const end = entries.at(-1);
  const more = end !== undefined && from + size < all.length;
  return { entries, nextCursor: more ? Buffer.from(keyOf(end)).toString('base64url') : undefined };
}
