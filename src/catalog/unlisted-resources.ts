/** Resources that no list has: links in results, and files of skills that were asked for one by one. Each process of a gateway knows its own, and asks the others. */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { KnownSkills } from './known-skills.ts';
import type { Mentions } from './mentioned-resources.ts';
import { readOffer } from './prompts-and-resources.ts';

/** The knowledge of one process about one URI; plain data. */
export interface Unlisted {
  readonly isMentioned: boolean;
  /** Entries of skills that may have it, JSON text each, with the time at which their server answered them. */
  readonly skills: readonly { readonly raw: string; readonly at: number }[];
}

/** Asks all other processes; those that do not answer know nothing. Never rejects. */
export type AskOthers = (server: ServerDefinition, owner: string, uri: string) => Promise<readonly Unlisted[]>;

export class UnlistedResources {
  readonly #mentions: Mentions;
  readonly #skills: KnownSkills;

  constructor(mentions: Mentions, skills: KnownSkills) {
    this.#mentions = mentions;
    this.#skills = skills;
  }

  /** The knowledge of this process. */
  of(server: ServerDefinition, owner: string, uri: string): Unlisted {
    const skills = this.#skills.notedAround(server, owner, uri).map(({ offer, at }) => ({ raw: offer.raw, at }));
    return { isMentioned: this.#mentions.has(server, owner, uri), skills };
  }

  /** Takes in the knowledge of the others. */
  async learn(ask: AskOthers, server: ServerDefinition, owner: string, uri: string): Promise<void> {
    for (const { isMentioned, skills } of await ask(server, owner, uri)) {
      if (isMentioned) this.#mentions.add(server, owner, uri);
      for (const { raw, at } of skills) {
        const offer = readOffer(raw, 'uri');
        if (offer !== undefined) this.#skills.note(server, owner, offer, at);
      }
    }
  }
}
