/** Prompts, resources, resource templates and skills of a server: their definitions as text, and what they are called by. */

import { SKILLS } from '../protocol/extensions.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import type { UpstreamConnection } from '../upstream/contract.ts';
import type { Listing } from './cached-list.ts';
import { clearDefinition, digestOf } from './definition.ts';
import { fetchPages, type PagesOptions } from './fetch-pages.ts';
import type { ListPage } from './page-frame.ts';
import { mendOnce } from './repair-definition.ts';

/** A list that servers offer besides tools. */
export type OfferList = 'prompts' | 'resources' | 'templates' | 'skills';

interface Shape {
  readonly method: string;
  /** The capability, or the extension, that a server with such a list declares. */
  readonly capability: string;
  /** Member of the result that holds the list. */
  readonly field: string;
  /** Member of an entry that names it. */
  readonly key: string;
}

/** The request, the capability and the fields of each list. */
export const OFFER_LISTS = {
  prompts: { method: 'prompts/list', capability: 'prompts', field: 'prompts', key: 'name' },
  resources: { method: 'resources/list', capability: 'resources', field: 'resources', key: 'uri' },
  templates: {
    method: 'resources/templates/list',
    capability: 'resources',
    field: 'resourceTemplates',
    key: 'uriTemplate',
  },
  skills: { method: 'skills/list', capability: SKILLS, field: 'skills', key: 'uri' },
} as const satisfies Record<OfferList, Shape>;

/** One definition, as the exact text that the server wrote. */
export interface Offer {
  /** Name of a prompt, URI of a resource or skill, URI template. */
  readonly key: string;
  readonly raw: string;
  /** Its digest. */
  readonly hash: string;
  /** The place of the value of `key` in `raw`, so that it can be written anew. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The definition of the server, where agents see another one. */
  readonly original?: Offer | undefined;
}

export interface Offers extends Listing {
  readonly entries: readonly Offer[];
  readonly byKey: ReadonlyMap<string, Offer>;
  /** As the server cut it; none where it has no such capability. */
  readonly pages: readonly ListPage[];
}

/**
 * All entries of a list, in the server's order; of two with one key the first. Empty where the server has no such capability.
 * @param options milliseconds per page, and who is told what is left out.
 * @throws GatewayError SERVER_UNAVAILABLE
 */
export async function fetchOffers(
  link: UpstreamConnection,
  list: OfferList,
  options: Pick<PagesOptions, 'server' | 'timeoutMs' | 'warn'>,
): Promise<Offers> {
  const { method, capability, field, key } = OFFER_LISTS[list];
  const byKey = new Map<string, Offer>();
  const { capabilities } = link.facts;
  const isOffered = capabilities[capability] !== undefined || extensionOf(capabilities, capability) !== undefined;
  const nothing = { pages: [], ttlMs: undefined, size: 0 };
  const fetched = isOffered ? await fetchPages(link, { ...options, method, what: field, take }) : nothing;
  return { ...fetched, entries: [...byKey.values()], byKey };

  function take(written: string): string | undefined {
    const raw = clearDefinition(written);
    const offer = raw === undefined ? undefined : readOffer(raw, key);
    if (offer === undefined || byKey.has(offer.key)) return '';
    byKey.set(offer.key, offer);
    const mended = mendOnce(offer, list);
    if (list === 'skills' && 'flaw' in mended) {
      options.warn(`Skill "${offer.key.slice(0, 128)}" is left out of the views of several servers: ${mended.flaw}.`);
    }
    return undefined;
  }
}

/** The settings of an extension that a server declares; undefined where it does not. */
export function extensionOf(
  capabilities: UpstreamConnection['facts']['capabilities'],
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  const extensions = capabilities['extensions'];
  const settings = typeof extensions === 'object' && extensions !== null ? (extensions as Settings)[name] : undefined;
  return typeof settings === 'object' && settings !== null ? (settings as Settings) : undefined;
}

type Settings = Readonly<Record<string, unknown>>;

/** Reads one definition. @param from what was made into it, and the digest of both. @returns undefined where it has no name. */
export function readOffer(
  raw: string,
  keyName: string,
  from?: Required<Pick<Offer, 'original' | 'hash'>>,
): Offer | undefined {
  const member = findMember(readObject(raw), keyName);
  const key = stringValue(raw, member);
  if (member === undefined || key === undefined || key === '') return undefined;
  let hash = from?.hash;
  return {
    key,
    raw,
    get hash() {
      hash ??= digestOf(raw);
      return hash;
    },
    keyStart: member.start,
    keyEnd: member.end,
    original: from?.original,
  };
}
