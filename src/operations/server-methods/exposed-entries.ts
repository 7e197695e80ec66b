/** The entries that a caller may see in the lists of the servers: of several under names that carry the server, of one as it is. */
import { appUrisOf } from '../../catalog/app-uris.ts';
import type { ListPage, PageFrame } from '../../catalog/page-frame.ts';
import { type Offer, type OfferList, readOffer } from '../../catalog/prompts-and-resources.ts';
import { mendOnce } from '../../catalog/repair-definition.ts';
import { skillOf } from '../../catalog/skill-entry.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { OfferKind } from '../../policy/rules-data.ts';
import type { Era } from '../../protocol/revisions.ts';
import { Absent, absenceOf } from '../missing-servers.ts';
import type { ToolContext } from '../operation.ts';
import { toolListOf } from '../virtual-tools.ts';
import { exposedName } from './exposed-names.ts';
import { exposedUri } from './exposed-uris.ts';
import { serversTogether } from './view.ts';

/** Milliseconds that one list waits for a server; one that is late is left out and announced when it is there. */
export const PATIENCE_MS = 10_000;
/** The same for prompts and resources: Claude Code shows no tool of a server whose lists are not all there within 5 s. */
const OFFERS_PATIENCE_MS = 2_000;

export type ListName = 'tools' | OfferList;

export const LISTS = {
  tools: { kind: 'tool', field: 'tools' },
  prompts: { kind: 'prompt', field: 'prompts' },
  resources: { kind: 'resource', field: 'resources' },
  templates: { kind: 'resource', field: 'resourceTemplates' },
  skills: { kind: 'skill', field: 'skills' },
} as const satisfies Record<ListName, { kind: OfferKind; field: string }>;

export interface ExposedEntry {
  readonly server: string;
  /** The definition, its key carrying the server. */
  readonly text: string;
  /** The key as the server knows it, and as callers do. */
  readonly key: string;
  readonly exposed: string;
}

/** All entries of a list that the caller may see of several servers, default all; servers by name, each in its own order. */
export async function exposedEntries(
  context: ToolContext,
  list: ListName,
  servers?: readonly string[],
): Promise<readonly ExposedEntry[]> {
  return (await exposedList(context, list, servers)).entries;
}

/** The same, and the servers of which nothing is there. */
export async function exposedList(
  context: ToolContext,
  list: ListName,
  servers: readonly string[] = serversTogether(context.snapshot),
): Promise<{ readonly entries: readonly ExposedEntry[]; readonly absent: Absent }> {
  const absent = new Absent();
  const { kind } = LISTS[list];
  const names = servers.filter((name) => context.decide(name).allowed);
  const parts = await Promise.all(
    names.map(async (name) => {
      const offers = await offersOf(context, name, list, absent);
      return offers
        .filter((offer) => context.decide(name, offer.key, kind, tools.get(offer)).allowed)
        .flatMap((offer) => expose(name, offer, list, context.relay.client.era) ?? []);
    }),
  );
  // Of two that a hash made equal the first counts, as it does for who calls it.
  const seen = new Set<string>();
  const entries = parts.flat().filter(({ exposed }) => !seen.has(exposed) && seen.add(exposed));
  return { entries, absent };
}

/** One page of a list as its server cut it. */
interface ServerPage {
  readonly frame: PageFrame;
  /** The entries that the caller may see, as they are. */
  readonly entries: readonly Offer[];
}

/**
 * The pages of a server that the caller may use; none where it has no such list. An entry that the caller may not see leaves
 * no trace: a page on which there was nothing else is left out, but for the one that every list has.
 */
export async function serverPages(context: ToolContext, name: string, list: ListName): Promise<readonly ServerPage[]> {
  const { entries, pages } = await fetchOffers(context, name, list, false);
  const { kind } = LISTS[list];
  const shown: ServerPage[] = [];
  let from = 0;
  for (const { frame, end } of pages) {
    const visible = entries
      .slice(from, end)
      .filter((offer) => context.decide(name, offer.key, kind, tools.get(offer)).allowed);
    if (visible.length > 0 || from === end) shown.push({ frame, entries: visible });
    from = end;
  }
  const [first] = pages;
  return shown.length > 0 || first === undefined ? shown : [{ frame: first.frame, entries: [] }];
}

async function offersOf(context: ToolContext, name: string, list: ListName, absent: Absent): Promise<readonly Offer[]> {
  try {
    return (await fetchOffers(context, name, list, true)).entries;
  } catch (error) {
    // One server that is down must not hide the others.
    if (context.signal.aborted) throw error;
    absent.add(name, absenceOf(error));
    return [];
  }
}

interface Listed {
  readonly entries: readonly Offer[];
  readonly pages: readonly ListPage[];
}

/** Virtual servers have tools alone. */
const NOTHING: Listed = { entries: [], pages: [] };

async function fetchOffers(context: ToolContext, name: string, list: ListName, oneOfMany: boolean): Promise<Listed> {
  const timeoutMs = oneOfMany && list !== 'tools' ? OFFERS_PATIENCE_MS : PATIENCE_MS;
  const wanted = { timeoutMs, oneOfMany, signal: context.signal };
  const server = context.snapshot.servers.get(name);
  if (server === undefined && (list !== 'tools' || !context.snapshot.virtual?.has(name))) return NOTHING;
  if (server !== undefined && list !== 'tools') return context.catalog.offers(server, list, wanted);
  const { entries, pages } = await toolListOf(context, name, wanted);
  return { entries: entries.map(offerOf), pages };
}

const offers = new WeakMap<ToolEntry, Offer>();
const tools = new WeakMap<Offer, ToolEntry>();

function offerOf(tool: ToolEntry): Offer {
  let offer = offers.get(tool);
  if (offer === undefined) {
    offer = readOffer(tool.raw, 'name') ?? { key: tool.name, raw: tool.raw, hash: tool.hash, keyStart: 0, keyEnd: 0 };
    offers.set(tool, offer);
    tools.set(offer, tool);
  }
  return offer;
}

const mended = { legacy: new WeakMap<Offer, Offer | 'none'>(), modern: new WeakMap<Offer, Offer | 'none'>() };

/** A definition as every client of a generation takes it; undefined where there is none. */
function mendedOf(offer: Offer, list: ListName, era: Era): Offer | undefined {
  let one = mended[era].get(offer);
  if (one === undefined) {
    const result = mendOnce(tools.get(offer) ?? offer, list, era);
    if ('flaw' in result) one = 'none';
    else one = result.text === offer.raw ? offer : (readOffer(result.text, KEYS[list]) ?? 'none');
    mended[era].set(offer, one);
  }
  return one === 'none' ? undefined : one;
}

const KEYS = { tools: 'name', prompts: 'name', resources: 'uri', templates: 'uriTemplate', skills: 'uri' } as const;

/** @returns undefined where official clients would refuse the whole list for it. */
function expose(server: string, written: Offer, list: ListName, era: Era): ExposedEntry | undefined {
  const offer = mendedOf(written, list, era);
  if (offer === undefined) return undefined;
  const named = list === 'tools' || list === 'prompts';
  const exposed = named ? exposedName(server, offer.key) : exposedUri(server, offer.key);
  const edits = [{ start: offer.keyStart, end: offer.keyEnd, value: exposed }];
  const others = list === 'tools' ? appUrisOf(offer.raw) : list === 'skills' ? (skillOf(offer)?.filePlaces ?? []) : [];
  if (others.length > 0) {
    for (const { uri, start, end } of others) edits.push({ start, end, value: exposedUri(server, uri) });
    edits.sort((a, b) => a.start - b.start);
  }
  return { server, key: offer.key, exposed, text: withStrings(offer.raw, edits) };
}

/** The entry of one skill as `skills/list` shows it. @returns undefined where no host may load it */
export function exposeSkill(server: string, raw: string): string | undefined {
  const offer = readOffer(raw, KEYS.skills);
  return offer && expose(server, offer, 'skills', 'modern')?.text;
}

/** A text in which other strings stand in some places, which are given in order. */
function withStrings(text: string, edits: readonly { start: number; end: number; value: string }[]): string {
  let written = '';
  let at = 0;
  for (const { start, end, value } of edits) {
    written += text.slice(at, start) + JSON.stringify(value);
    at = end;
  }
  return written + text.slice(at);
}
