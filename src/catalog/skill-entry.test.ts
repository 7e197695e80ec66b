import { expect, it } from 'vitest';
import { readSkill } from './skill-entry.ts';

const URI = 'skill://acme/refunds/SKILL.md';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const file = (uri: string, size: unknown = 1) => ({ uri, digest: DIGEST, size });
const entry = (more: object = {}): string =>
  JSON.stringify({
    uri: URI,
    frontmatter: { name: 'refunds', description: 'Refunds.', metadata: { x: null } },
    resources: [file('skill://acme/refunds/é "x".md'), file(URI)],
    ...more,
  });

it('reads what a skill says, and the places of the URIs of its files', () => {
  const raw = entry();
  const skill = readSkill(raw);
  if ('flaw' in skill) throw new Error(skill.flaw);
  expect(skill).toMatchObject({ uri: URI, root: 'skill://acme/refunds', name: 'refunds', description: 'Refunds.' });
  expect([...(skill.files?.keys() ?? [])]).toEqual(['skill://acme/refunds/é "x".md', URI]);
  expect(skill.filePlaces.map(({ start, end }) => JSON.parse(raw.slice(start, end)))).toEqual([
    ...(skill.files?.keys() ?? []),
  ]);
  expect(readSkill(entry({ resources: 'dynamic' }))).toMatchObject({ files: undefined });
});

it.each([
  ['no SKILL.md', { uri: 'skill://acme/refunds' }, 'does not end in'],
  ['no description', { frontmatter: { name: 'refunds' } }, 'no description'],
  ['no frontmatter', { frontmatter: [] }, 'no name'],
  ['another name', { frontmatter: { name: 'other', description: '' } }, 'another name'],
  ['no files', { resources: undefined }, 'no list'],
  ['other word', { resources: 'static' }, 'no list'],
  ['incomplete', { resources: [file('skill://acme/refunds/x')] }, 'not among'],
  ['outside', { resources: [file(URI), file('skill://acme/refunds2/x')] }, 'outside'],
  ['twice', { resources: [file(URI), file(URI)] }, 'twice'],
  ['digest', { resources: [{ ...file(URI), digest: 'sha256:A' }] }, 'no uri, digest or size'],
  ['size', { resources: [file(URI, -1)] }, 'no uri, digest or size'],
  ['ambiguous', { resources: [{ ...file(URI), URI: 'x' }] }, 'no uri, digest or size'],
  ['large', { resources: [file(URI, 16 * 1024 * 1024 + 1)] }, 'larger than 16 MiB'],
  [
    'many',
    { resources: [file(URI), ...Array.from({ length: 512 }, (_, at) => file(`skill://acme/refunds/${at}`))] },
    '512',
  ],
])('a skill with a flaw is none: %s', (_what, more, said) => {
  expect(readSkill(entry(more))).toEqual({ flaw: expect.stringContaining(said) });
});

it('takes a skill at the limits', () => {
  const many = Array.from({ length: 511 }, (_, at) => file(`skill://acme/refunds/${at}`, 32_768));
  expect(readSkill(entry({ resources: [file(URI, 32_768), ...many] }))).toMatchObject({ name: 'refunds' });
});
