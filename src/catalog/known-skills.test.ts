import { expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { KnownSkills } from './known-skills.ts';
import { readOffer } from './prompts-and-resources.ts';

const SERVER = { key: 'k' } as ServerDefinition;
const MIB = 1024 * 1024;

function skill(name: string, bytes = 10) {
  const uri = `skill://${name}/SKILL.md`;
  const frontmatter = { name, description: 'x'.repeat(bytes) };
  const offer = readOffer(JSON.stringify({ uri, frontmatter, resources: 'dynamic' }), 'uri');
  return offer ?? expect.unreachable('no offer');
}
const names = (known: KnownSkills, owner: string, name: string) =>
  known.around(SERVER, owner, `skill://${name}/a.md`).map(({ key }) => key);

it('remembers skills for whoever asked, the newest entry of each', () => {
  const known = new KnownSkills();
  known.note(SERVER, 'ann', skill('one'));
  const newer = skill('one', 20);
  known.note(SERVER, 'ann', newer);
  expect(known.around(SERVER, 'ann', 'skill://one/a.md')).toEqual([newer]);
  expect([names(known, 'bob', 'one'), names(known, 'ann', 'on')]).toEqual([[], []]);
});

it('keeps as many as there is memory for: one that asks for large ones takes nothing from others', () => {
  const known = new KnownSkills();
  known.note(SERVER, 'modest', skill('mine'));
  for (let at = 0; at < 40; at++) known.note(SERVER, 'greedy', skill(`s${at}`, MIB));
  for (let at = 0; at < 3_000; at++) known.note(SERVER, 'greedy', skill(`t${at}`));
  const kept = Array.from({ length: 40 }, (_, at) => names(known, 'greedy', `s${at}`)).flat();
  expect(kept.length).toBeLessThan(10);
  expect(names(known, 'greedy', 't2999')).toHaveLength(1);
  expect(names(known, 'greedy', 't0')).toHaveLength(0);
  expect(names(known, 'modest', 'mine')).toHaveLength(1);
});
