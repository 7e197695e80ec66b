import { expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { KnownSkills } from './known-skills.ts';
import { createMentions } from './mentioned-resources.ts';
import { readOffer } from './prompts-and-resources.ts';
import { type AskOthers, learnUnlisted, unlistedIn } from './unlisted-resources.ts';

const SERVER = { key: 'k' } as ServerDefinition;
const URI = 'skill://a/x.md';

function skill(description: string) {
  const frontmatter = { name: 'a', description };
  const raw = JSON.stringify({ uri: 'skill://a/SKILL.md', frontmatter, resources: 'dynamic' });
  return readOffer(raw, 'uri') ?? expect.unreachable('no offer');
}

function process() {
  const skills = new KnownSkills();
  return { mentions: createMentions(), skills, knownSkills: async () => skills };
}

it('a process learns of others which links and skills an owner was told of, and the newer entry of two', async () => {
  const [one, two, three] = [process(), process(), process()];
  one.mentions.note(SERVER, 'ann', JSON.stringify({ content: [{ type: 'resource_link', uri: URI }] }));
  one.skills.note(SERVER, 'ann', skill('new'), 20);
  two.skills.note(SERVER, 'ann', skill('old'), 10);
  const ask: AskOthers = async (...about) =>
    Promise.all([one, two].map(async (each) => JSON.parse(JSON.stringify(await unlistedIn(each, ...about)))));
  for (const owner of ['ann', 'bob']) await learnUnlisted(three, ask, SERVER, owner, URI);
  const found = (owner: string) => three.skills.around(SERVER, owner, URI).map(({ raw }) => raw);
  expect([three.mentions.has(SERVER, 'ann', URI), found('ann')]).toEqual([true, [skill('new').raw]]);
  expect([three.mentions.has(SERVER, 'bob', URI), found('bob')]).toEqual([false, []]);
});
