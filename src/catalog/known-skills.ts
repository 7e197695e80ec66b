/** The entries of skills that servers answered one by one, for those who asked: a server need not list what it serves (ext-skills, Listing Skills). */

import type { ServerDefinition } from '../config/snapshot.ts';
import type { Offer } from './prompts-and-resources.ts';
import { skillOf } from './skill-entry.ts';

/** Entries that are remembered in all. */
const MAX_SKILLS = 1_000;

export class KnownSkills {
  /** By server, owner and URI; the one noted last at the end. */
  readonly #entries = new Map<string, { readonly whose: string; readonly offer: Offer }>();

  note(server: ServerDefinition, owner: string, offer: Offer): void {
    const whose = whoseOf(server, owner);
    const key = `${whose}\n${offer.key}`;
    this.#entries.delete(key);
    this.#entries.set(key, { whose, offer });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_SKILLS) break;
      this.#entries.delete(oldest);
    }
  }

  /** Those of one server that may have a file, or a folder, of this URI. */
  around(server: ServerDefinition, owner: string, uri: string): readonly Offer[] {
    const whose = whoseOf(server, owner);
    return [...this.#entries.values()].flatMap((entry) =>
      entry.whose === whose && isInside(uri, skillOf(entry.offer)?.root) ? [entry.offer] : [],
    );
  }
}

function whoseOf({ key }: ServerDefinition, owner: string): string {
  return JSON.stringify([key, owner]);
}

function isInside(uri: string, root: string | undefined): boolean {
  return root !== undefined && (uri === root || uri.startsWith(`${root}/`));
}
