/** Skills as the search sees them. */
import { withoutUnseen } from '../../shared/unseen.ts';
import type { Offer } from '../prompts-and-resources.ts';
import { skillOf } from '../skill-entry.ts';
import type { ToolEntry } from '../tool-entry.ts';

const made = new WeakMap<readonly Offer[], readonly ToolEntry[]>();

/** Under their URIs, which say where they stand, and their names; the same for the same list. */
export function searchedSkills(entries: readonly Offer[]): readonly ToolEntry[] {
  let skills = made.get(entries);
  if (skills === undefined) {
    skills = entries.flatMap((offer) => {
      const skill = skillOf(offer);
      if (skill === undefined) return [];
      const { raw, hash } = offer;
      const [title, description] = [withoutUnseen(skill.name), withoutUnseen(skill.description)];
      const none = { inputSchema: '{"type":"object"}', annotations: undefined, paramHeaders: [] };
      return [{ ...none, name: skill.uri, title, description, raw, hash }];
    });
    made.set(entries, skills);
  }
  return skills;
}
