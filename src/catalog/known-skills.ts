/** The entries of skills that servers answered one by one, for those who asked: a server need not list what it serves (ext-skills, Listing Skills). */

import type { ServerDefinition } from '../config/snapshot.ts';
import { ByteBudget, type Kept } from '../shared/byte-budget.ts';
import { sinceBoot } from '../shared/since-boot.ts';
import type { Offer } from './prompts-and-resources.ts';
import { skillOf } from './skill-entry.ts';

/** Characters of the entries of one server for one owner, and of all: whoever asks for more takes nothing from others. */
const MAX_OF_OWNER = 4 * 1024 * 1024;
const MAX_OF_ALL = 32 * 1024 * 1024;
/** Characters that an entry counts for besides its own. */
const ENTRY_SIZE = 4096;

interface Noted {
  readonly offer: Offer;
  /** Milliseconds since the machine started, for all processes the same. */
  readonly at: number;
  readonly memory: Kept;
}

export class KnownSkills {
  /** By server and owner, then by URI. */
  readonly #entries = new Map<string, Map<string, Noted>>();
  readonly #budget = new ByteBudget({ maxPerOwner: MAX_OF_OWNER, maxTotal: MAX_OF_ALL });

  /** @param at when its server answered it: an older one does not take the place of a newer one */
  note(server: ServerDefinition, owner: string, offer: Offer, at = sinceBoot()): void {
    const whose = whoseOf(server, owner);
    const before = this.#entries.get(whose)?.get(offer.key);
    if (before !== undefined && before.at > at) return;
    before?.memory.release();
    this.#forget(whose, offer.key);
    const memory = this.#budget.of(whose).keep(offer.raw.length + ENTRY_SIZE, () => this.#forget(whose, offer.key));
    if (memory === undefined) return;
    const entries = this.#entries.get(whose) ?? new Map<string, Noted>();
    this.#entries.set(whose, entries.set(offer.key, { offer, at, memory }));
  }

  /** Those of one server that may have a file, or a folder, of this URI. */
  around(server: ServerDefinition, owner: string, uri: string): readonly Offer[] {
    return this.notedAround(server, owner, uri).map(({ offer }) => offer);
  }

  /** The same with the times at which they were answered. */
  notedAround(
    server: ServerDefinition,
    owner: string,
    uri: string,
  ): readonly { readonly offer: Offer; readonly at: number }[] {
    const entries = this.#entries.get(whoseOf(server, owner))?.values() ?? [];
    return [...entries].filter(({ offer }) => isInside(uri, skillOf(offer)?.root));
  }

  #forget(whose: string, uri: string): void {
    const entries = this.#entries.get(whose);
    entries?.delete(uri);
    if (entries?.size === 0) this.#entries.delete(whose);
  }
}

function whoseOf({ key }: ServerDefinition, owner: string): string {
  return JSON.stringify([key, owner]);
}

function isInside(uri: string, root: string | undefined): boolean {
  return root !== undefined && (uri === root || uri.startsWith(`${root}/`));
}
