/** What a caller may see of the lists of the servers, under the names that its view gives. */
import type { ToolEntry } from '../catalog/catalog.ts';
import { type Offer, type OfferList, readOffer } from '../catalog/offers.ts';
import type { ServerDefinition } from '../config/types.ts';
import type { OfferKind } from '../policy/rules.ts';
import type { ToolContext } from '../tools/types.ts';
import { exposedName } from './names.ts';
import { exposedUri } from './uris.ts';
import { serversOf, type View } from './view.ts';

/** Milliseconds that one list waits for a server; one that is late is left out and announced when it is there. */
const PATIENCE_MS = 10_000;

export type ListName = 'tools' | OfferList;

export const LISTS = {
  tools: { kind: 'tool', field: 'tools' },
  prompts: { kind: 'prompt', field: 'prompts' },
  resources: { kind: 'resource', field: 'resources' },
  templates: { kind: 'resource', field: 'resourceTemplates' },
} as const satisfies Record<ListName, { kind: OfferKind; field: string }>;

export interface ExposedEntry {
  readonly server: string;
  /** The definition, its key as the view shows it. */
  readonly text: string;
  /** The key as the server knows it. */
  readonly key: string;
}

/** All entries of a list that the caller may see; servers by name, each in its own order. */
export async function exposedEntries(context: ToolContext, view: View, list: ListName): Promise<ExposedEntry[]> {
  const { kind } = LISTS[list];
  const names = serversOf(view, context.snapshot).filter((name) => context.decide(name).allowed);
  const parts = await Promise.all(
    names.map(async (name) => {
      const offers = await offersOf(context, view, name, list);
      return offers
        .filter((offer) => context.decide(name, offer.key, kind).allowed)
        .map((offer) => ({ server: name, key: offer.key, text: rename(view, name, offer, list) }));
    }),
  );
  return parts.flat();
}

async function offersOf(context: ToolContext, view: View, name: string, list: ListName): Promise<readonly Offer[]> {
  const server = context.snapshot.servers.get(name);
  if (server === undefined) return [];
  try {
    return await fetchOffers(context, server, list);
  } catch (error) {
    // One server that is down must not hide the others; alone it must not look empty.
    if (view.mode === 'single' || context.signal.aborted) throw error;
    return [];
  }
}

async function fetchOffers(context: ToolContext, server: ServerDefinition, list: ListName): Promise<readonly Offer[]> {
  const wanted = { timeoutMs: PATIENCE_MS, signal: context.signal };
  if (list !== 'tools') return context.catalog.offers(server, list, wanted);
  return (await context.catalog.tools(server, wanted)).map(offerOf);
}

const offers = new WeakMap<ToolEntry, Offer>();

function offerOf(tool: ToolEntry): Offer {
  let offer = offers.get(tool);
  if (offer === undefined) {
    offer = readOffer(tool.raw, 'name') ?? { key: tool.name, raw: tool.raw, keyStart: 0, keyEnd: 0 };
    offers.set(tool, offer);
  }
  return offer;
}

function rename(view: View, server: string, offer: Offer, list: ListName): string {
  if (view.mode === 'single') return offer.raw;
  const named = list === 'tools' || list === 'prompts';
  const key = named ? exposedName(server, offer.key) : exposedUri(server, offer.key);
  return `${offer.raw.slice(0, offer.keyStart)}${JSON.stringify(key)}${offer.raw.slice(offer.keyEnd)}`;
}
