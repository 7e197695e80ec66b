/** A list without the definitions that do not count: nobody downstream can tell that they were there. */
import type { ToolList } from '../fetch-tools.ts';
import type { ListPage } from '../page-frame.ts';
import type { Offers } from '../prompts-and-resources.ts';
import { type Definition, definitionsOf } from './fetch-definitions.ts';

/** @param counts whether a definition does. @param isHeld whether the caller of one that does not is told why. @returns the same list where all do */
export function visibleList<L extends ToolList | Offers>(
  list: L,
  counts: (name: string, definition: Definition) => boolean,
  isHeld: (name: string) => boolean,
): L {
  const all = definitionsOf(list);
  const kept = new Map([...all].filter(([name, definition]) => counts(name, definition)));
  if (kept.size === all.size) return list;
  const held = new Set([...all.keys()].filter((name) => !kept.has(name) && isHeld(name)));
  const isKept = new Set<Definition>(kept.values());
  const { entries, pages } = cut<Definition>(list, isKept);
  return { ...list, entries, pages, [('byName' in list ? 'byName' : 'byKey') as string]: kept, held };
}

/** A page on which there is nothing left is left out; the last one too, where a list has none besides: lists without one are no lists. */
function cut<D>(
  list: { readonly entries: readonly D[]; readonly pages: readonly ListPage[] },
  isKept: ReadonlySet<D>,
): { readonly entries: readonly D[]; readonly pages: readonly ListPage[] } {
  const entries: D[] = [];
  const pages: ListPage[] = [];
  let from = 0;
  for (const page of list.pages) {
    const left = list.entries.slice(from, page.end).filter((entry) => isKept.has(entry));
    entries.push(...left);
    if (left.length > 0 || from === page.end) pages.push({ ...page, end: entries.length });
    from = page.end;
  }
  const [first] = list.pages;
  return { entries, pages: pages.length > 0 || first === undefined ? pages : [{ ...first, end: 0, isEmpty: true }] };
}
