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

/** The parts of a catalogue that know of such resources. */
interface Knowing {
  readonly mentions: Mentions;
  readonly knownSkills: () => Promise<KnownSkills>;
}

/** The knowledge of this process. */
export async function unlistedIn(
  knowing: Knowing,
  server: ServerDefinition,
  owner: string,
  uri: string,
): Promise<Unlisted> {
  const noted = (await knowing.knownSkills()).notedAround(server, owner, uri);
  const skills = noted.map(({ offer, at }) => ({ raw: offer.raw, at }));
  return { isMentioned: knowing.mentions.has(server, owner, uri), skills };
}

/** Takes in the knowledge of the others. */
export async function learnUnlisted(
  knowing: Knowing,
  ask: AskOthers,
  ...[server, owner, uri]: Parameters<AskOthers>
): Promise<void> {
  const known = await knowing.knownSkills();
  for (const { isMentioned, skills } of await ask(server, owner, uri)) {
    if (isMentioned) knowing.mentions.add(server, owner, uri);
    for (const { raw, at } of skills) {
      const offer = readOffer(raw, 'uri');
      if (offer !== undefined) known.note(server, owner, offer, at);
    }
  }
}
