/** One page of a list without its entries: what a server says besides them, which belongs to it and not to any of them. */

import type { ResultBody } from '../protocol/era-codec.ts';
import { foldCase } from '../protocol/fold-case.ts';
import { findMember, type Member, type ScannedObject } from '../protocol/members.ts';

export interface PageFrame {
  /** The result as the server wrote it, its list empty and without a cursor. */
  readonly text: string;
  /** Offset in `text` after the `[` of the list. */
  readonly listAt: number;
  /** Offset in `text` after the `{` of `_meta`, -1 without one. */
  readonly metaAt: number;
}

/** A page of a list that was fetched. */
export interface ListPage {
  readonly frame: PageFrame;
  /** The number of entries of the list on this page and those before it. */
  readonly end: number;
  /** The server put nothing on it. */
  readonly isEmpty: boolean;
}

/** @param list the member of `root` that holds the list; no other that is read as it is kept, since its entries were not looked at. */
export function frameOf(text: string, root: ScannedObject, list: Member): PageFrame {
  const meta = findMember(root, '_meta');
  let written = '{';
  let listAt = -1;
  let metaAt = -1;
  for (const member of root.members) {
    const { keyStart, start, end } = member;
    const key = foldCase(member.key);
    if (key === 'nextcursor' || (key === foldCase(list.key) && member !== list)) continue;
    if (key === '_meta' && (member !== meta || text.charAt(start) !== '{')) continue;
    if (written.length > 1) written += ',';
    written += text.slice(keyStart, start);
    if (member === list) {
      listAt = written.length + 1;
      written += '[]';
      continue;
    }
    if (member === meta) metaAt = written.length + 1;
    written += text.slice(start, end);
  }
  return { text: `${written}}`, listAt, metaAt };
}

/** A page that says nothing besides its list. */
export function emptyFrame(field: string): PageFrame {
  const text = `{${JSON.stringify(field)}:[]}`;
  return { text, listAt: text.length - 2, metaAt: -1 };
}

/** The page with these entries, JSON texts. */
export function filled(
  { text, listAt, metaAt }: PageFrame,
  entries: readonly string[],
  nextCursor: string | undefined,
): ResultBody {
  const list = entries.join(',');
  const next = nextCursor === undefined ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  return {
    text: `${text.slice(0, listAt)}${list}${text.slice(listAt, -1)}${next}}`,
    metaAt: metaAt > listAt ? metaAt + list.length : metaAt,
  };
}
