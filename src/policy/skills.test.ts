import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import type { AgentRules, OfferKind } from './rules-data.ts';
import { isNamedAsSkill, skillRoot, skillsAround } from './skill-uris.ts';

const decide = (rules: AgentRules, uri: string, kind: OfferKind): string => {
  const policy = compile({ agents: { a: rules } });
  return policy.decide('a', 's', uri, kind).effect;
};
const all = { servers: ['s'] };

it('a URI is around by the skills of all its folders', () => {
  expect(skillsAround('skill://a/b/x.md')).toEqual([
    'skill://a/SKILL.md',
    'skill://a/b/SKILL.md',
    'skill://a/b/x.md/SKILL.md',
  ]);
  expect(skillRoot('skill://a/b/SKILL.md')).toBe('skill://a/b');
  expect(skillRoot('skill://a/b')).toBeUndefined();
  fc.assert(fc.property(fc.webUrl(), (uri) => skillsAround(`${uri}/SKILL.md`).includes(`${uri}/SKILL.md`) === true));
});

it('a permitted server comes with its skills, until rules speak of them', () => {
  expect(decide({ allow: all }, 'skill://a/SKILL.md', 'skill')).toBe('allow');
  const rules = { allow: { ...all, skills: { s: ['skill://a/*'] } } };
  expect(decide(rules, 'skill://a/SKILL.md', 'skill')).toBe('allow');
  expect(decide(rules, 'skill://b/SKILL.md', 'skill')).toBe('deny');
});

it('the files of a skill that is not allowed cannot be read, under no spelling; other resources can', () => {
  const limited = { allow: { ...all, skills: { s: ['skill://a/SKILL.md'] } } };
  const denied = { allow: all, deny: { skills: { s: ['skill://b/SKILL.md', 'github://o/r/skills/x/SKILL.md'] } } };
  for (const rules of [limited, denied]) {
    expect(decide(rules, 'skill://a/references/x.md', 'resource')).toBe('allow');
    expect(decide(rules, 'file:///b/x.md', 'resource')).toBe('allow');
    for (const uri of ['skill://b/SKILL.md', 'skill://b', 'skill://b/', 'skill://b/references/x.md', 'SKILL://b/x']) {
      expect([uri, decide(rules, uri, 'resource')]).toEqual([uri, 'deny']);
    }
    expect(decide(rules, 'skill://%62/x.md', 'resource')).toBe('deny');
  }
  expect(decide(denied, 'github://o/r/skills/x/data.csv', 'resource')).toBe('deny');
  expect(decide(denied, 'github://o/r/skills/y/data.csv', 'resource')).toBe('allow');
});

it('a skill in a skill is denied with it, and by itself', () => {
  const outer = { allow: all, deny: { skills: { s: ['skill://a/SKILL.md'] } } };
  expect(decide(outer, 'skill://a/b/SKILL.md', 'resource')).toBe('deny');
  expect(decide(outer, 'skill://a/b/SKILL.md', 'skill')).toBe('deny');
  const inner = { allow: all, deny: { skills: { s: ['skill://a/b/SKILL.md'] } } };
  expect(decide(inner, 'skill://a/b/x', 'resource')).toBe('deny');
  expect(decide(inner, 'skill://a/x', 'resource')).toBe('allow');
});

it('a skill needs what its SKILL.md needs', () => {
  const rules = { allow: all, deny: { resources: { s: ['skill://b/*'] } } };
  expect(decide(rules, 'skill://b/SKILL.md', 'skill')).toBe('deny');
  const asked = { allow: all, ask: { skills: { s: ['skill://b/*'] } } };
  expect(decide(asked, 'skill://b/SKILL.md', 'skill')).toBe('ask');
  expect(decide(asked, 'skill://b/x', 'resource')).toBe('ask');
});

it('property: what a deny says of a skill holds for every file below it', () => {
  const segment = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
  fc.assert(
    fc.property(
      fc.array(segment, { minLength: 1, maxLength: 4 }),
      fc.array(segment, { maxLength: 4 }),
      (path, rest) => {
        const root = `skill://${path.join('/')}`;
        const rules = { allow: all, deny: { skills: { s: [`${root}/SKILL.md`] } } };
        const uri = [root, ...rest].join('/');
        expect(decide(rules, uri, 'resource')).toBe('deny');
        expect(isNamedAsSkill(uri)).toBe(true);
      },
    ),
  );
});

it('what lies too deep to look at all its folders is denied where rules speak of skills, and nowhere else', () => {
  const deep = (folders: number, name: string): string => `skill://${'x/'.repeat(folders)}${name}`;
  const rules = { allow: all, deny: { skills: { s: ['*/secret/SKILL.md'] } } };
  for (const folders of [1, 60, 62, 63, 64, 65, 66, 1000]) {
    expect([folders, decide(rules, deep(folders, 'secret/SKILL.md'), 'resource')]).toEqual([folders, 'deny']);
    expect([folders, decide(rules, deep(folders, 'secret/a/b.md'), 'resource')]).toEqual([folders, 'deny']);
  }
  expect(decide(rules, deep(50, 'fine/SKILL.md'), 'resource')).toBe('allow');
  expect(decide(rules, `x:${'y/'.repeat(64)}secret/SKILL.md`, 'resource')).toBe('deny');
  expect(decide({ allow: all }, deep(1000, 'secret/SKILL.md'), 'resource')).toBe('allow');
});
