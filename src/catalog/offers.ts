/** Prompts, resources and resource templates of a server: their definitions as text, and what they are called by. */
import type { Link } from '../downstream/types.ts';
import { elements } from '../protocol/json.ts';
import { readObject, stringValue } from '../protocol/messages.ts';
import { findMember } from '../protocol/scan.ts';
import { clearDefinition } from './definition.ts';
import { frameOf, type ListPage } from './frame.ts';
import { fetchPages } from './pages.ts';
import type { Listing } from './shelves.ts';

/** A list that servers offer besides tools. */
export type OfferList = 'prompts' | 'resources' | 'templates';

interface Shape {
  readonly method: string;
  readonly capability: string;
  /** Member of the result that holds the list. */
  readonly field: string;
  /** Member of an entry that names it. */
  readonly key: string;
}

const OFFER_LISTS = {
  prompts: { method: 'prompts/list', capability: 'prompts', field: 'prompts', key: 'name' },
  resources: { method: 'resources/list', capability: 'resources', field: 'resources', key: 'uri' },
  templates: {
    method: 'resources/templates/list',
    capability: 'resources',
    field: 'resourceTemplates',
    key: 'uriTemplate',
  },
} as const satisfies Record<OfferList, Shape>;

/** One definition, as the exact text that the server wrote. */
export interface Offer {
  /** Name of a prompt, URI of a resource, URI template. */
  readonly key: string;
  readonly raw: string;
  /** Where the value of `key` stands in `raw`, so that it can be written anew. */
  readonly keyStart: number;
  readonly keyEnd: number;
}

export interface Offers extends Listing {
  readonly entries: readonly Offer[];
  readonly byKey: ReadonlyMap<string, Offer>;
  /** As the server cut it; none where it has no such capability. */
  readonly pages: readonly ListPage[];
}

/**
 * All entries of a list, in the server's order; of two with one key the first. Empty where the server has no such capability.
 * @param timeoutMs per page.
 * @throws GatewayError SERVER_UNAVAILABLE
 */
export async function fetchOffers(link: Link, server: string, list: OfferList, timeoutMs: number): Promise<Offers> {
  const { method, capability, field, key } = OFFER_LISTS[list];
  if (link.facts.capabilities[capability] === undefined)
    return { entries: [], byKey: new Map(), pages: [], ttlMs: undefined };
  const found = new Map<string, Offer>();
  const pages: ListPage[] = [];
  const page = (text: string): { nextCursor: string | undefined; total: number } | undefined => {
    const root = readObject(text);
    const member = findMember(root, field);
    if (root === undefined || member === undefined || text.charAt(member.start) !== '[') return undefined;
    for (const written of elements(text.slice(member.start, member.end))) {
      const raw = clearDefinition(written);
      const offer = raw === undefined ? undefined : readOffer(raw, key);
      if (offer !== undefined && !found.has(offer.key)) found.set(offer.key, offer);
    }
    pages.push({ frame: frameOf(text, root, member), end: found.size });
    return { nextCursor: stringValue(text, findMember(root, 'nextCursor')), total: found.size };
  };
  const ttlMs = await fetchPages(link, { server, method, what: field, timeoutMs, page });
  return { entries: [...found.values()], byKey: found, pages, ttlMs };
}

/** Reads one definition. @returns undefined where it has no name. */
export function readOffer(raw: string, keyName: string): Offer | undefined {
  const member = findMember(readObject(raw), keyName);
  const key = stringValue(raw, member);
  if (member === undefined || key === undefined || key === '') return undefined;
  return { key, raw, keyStart: member.start, keyEnd: member.end };
}
