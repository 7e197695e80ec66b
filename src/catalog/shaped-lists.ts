/** Lists of a server as agents see them: under the names and with the texts that its entry gives (docs/overrides.md). */
import type { Overrides } from '../config/overrides/overrides.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { digestOf } from './definition.ts';
import type { ToolList } from './fetch-tools.ts';
import type { ListPage } from './page-frame.ts';
import { OFFER_LISTS, type Offer, type OfferList, type Offers, readOffer } from './prompts-and-resources.ts';
import { readTool, type ToolEntry } from './tool-entry.ts';

/** Skills are as their servers have them. */
type ShapedList = Exclude<OfferList, 'skills'>;
type Shaper = Pick<ServerDefinition, 'overrides' | 'link'>;

/** By list, the last form of it. */
const shaped = new WeakMap<object, { readonly digest: string; readonly list: unknown }>();

/** @param list as the server gave it. @returns the same for the same list, until the entry says something else */
export function shapedTools(server: Shaper, list: ToolList): ToolList {
  const { overrides } = server;
  return overrides === undefined ? list : once(list, overrides, () => shapeTools(server, overrides, list));
}

/** The same of other lists. */
export function shapedOffers({ overrides }: Shaper, name: OfferList, list: Offers): Offers {
  return overrides === undefined || name === 'skills'
    ? list
    : once(list, overrides, () => shapeOffers(overrides, name, list));
}

/** The same of tools that were kept on disk. */
export function shapedEntries(server: Shaper, entries: readonly ToolEntry[]): readonly ToolEntry[] {
  const { overrides } = server;
  if (overrides === undefined) return entries;
  return once(entries, overrides, () => entries.flatMap((entry) => shapeTool(server, overrides, entry) ?? []));
}

/** Tells what an entry speaks of and its server does not list. @param list as the server gave it */
export function warnOfUnknown(
  { overrides }: Shaper,
  name: 'tools' | OfferList,
  list: ToolList | Offers,
  warn: (what: string) => void,
): void {
  if (overrides === undefined || name === 'skills') return;
  const all: ReadonlyMap<string, { readonly raw: string }> = 'byName' in list ? list.byName : list.byKey;
  const raws = new Map([...all].map(([key, { raw }]) => [key, raw]));
  for (const { path, message, fix } of overrides.unknown(name, raws)) {
    warn(
      `Its entry says how something appears that is not there: "${path.join('.').slice(0, 200)}" ${message}. ${fix}`,
    );
  }
}

function once<L extends object>(list: L, { digest }: Overrides, shape: () => L): L {
  const before = shaped.get(list);
  if (before?.digest === digest) return before.list as L;
  const made = shape();
  shaped.set(list, { digest, list: made });
  return made;
}

function shapeTools(server: Shaper, overrides: Overrides, list: ToolList): ToolList {
  const hidden: ToolEntry[] = [];
  const { entries, pages } = eachOf(list, (entry: ToolEntry) => {
    const tool = shapeTool(server, overrides, entry);
    if (tool === undefined) hidden.push(entry);
    return tool;
  });
  return { ...list, entries, pages, hidden, byName: new Map(entries.map((entry) => [entry.name, entry])) };
}

function shapeTool({ link }: Shaper, overrides: Overrides, entry: ToolEntry): ToolEntry | undefined {
  const shown = overrides.shown('tools', entry.name, entry.raw);
  if (shown === undefined) return entry;
  if (shown === 'hidden') return undefined;
  const from = { original: entry, hash: digestOf(shown.digested) };
  const tool = readTool(shown.raw, link.transport !== 'stdio', from);
  return typeof tool === 'string' ? undefined : tool;
}

function shapeOffers(overrides: Overrides, name: ShapedList, list: Offers): Offers {
  const { entries, pages } = eachOf(list, (offer: Offer) => {
    const shown = overrides.shown(name, offer.key, offer.raw);
    if (shown === undefined) return offer;
    if (shown === 'hidden') return undefined;
    return readOffer(shown.raw, OFFER_LISTS[name].key, { original: offer, hash: digestOf(shown.digested) });
  });
  return { ...list, entries, pages, byKey: new Map(entries.map((offer) => [offer.key, offer])) };
}

/** Every entry in its new form, on the page where it stood; undefined for one that agents do not see. */
function eachOf<E>(
  list: { readonly entries: readonly E[]; readonly pages: readonly ListPage[] },
  shape: (entry: E) => E | undefined,
): { readonly entries: readonly E[]; readonly pages: readonly ListPage[] } {
  const entries: E[] = [];
  const pages: ListPage[] = [];
  let from = 0;
  for (const page of list.pages) {
    const before = list.entries.slice(from, page.end);
    const after = before.flatMap((entry) => shape(entry) ?? []);
    entries.push(...after);
    // A page of what nobody sees would tell that there is something.
    if (after.length > 0 || before.length === 0) pages.push({ ...page, end: entries.length });
    from = page.end;
  }
  const [first] = list.pages;
  return { entries, pages: pages.length > 0 || first === undefined ? pages : [{ ...first, end: 0, isEmpty: true }] };
}
