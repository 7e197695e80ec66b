import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../compile-rules.ts';
import type { AgentRules } from '../rules-data.ts';
import { ACCESS_LEVELS } from '../rules-data.ts';
import { RECIPES } from './recipes.ts';
import { agentRules, everyQuestion } from './testing.ts';

function applyOf(name: string) {
  const recipe = RECIPES.get(name);
  if (recipe === undefined || !('apply' in recipe)) throw new Error(`${name} is not about one agent`);
  return recipe.apply;
}

const ALL: AgentRules = { allow: { servers: ['*'] } };

function applied(name: string, rules: AgentRules) {
  const made = applyOf(name)(rules);
  if (made?.kind !== 'rules') throw new Error(`${name}: ${made?.why}`);
  const policy = compile({ agents: { one: made.rules } });
  return { ...made, allows: (tool: string, server = 's') => policy.judge('one', server, tool).allowed };
}

const LOOKING = [
  'read_file',
  'list_directory',
  'get_issue',
  'getUser',
  'search',
  'search-files',
  'list.tables',
  'fetch',
  'describe_instance',
];
const CHANGING = [
  'write_file',
  'create_issue',
  'delete_file',
  'query',
  'run',
  'getaway',
  'listen',
  'get_or_create_user',
  'getOrCreate',
  'search_and_replace',
  'findAndModify',
  'GET_USER',
  'delete_list_item',
  'set_read_status',
  'readdress',
  '',
];

it('read-only allows what begins with a word for looking', () => {
  const { allows } = applied('read-only', ALL);
  expect(LOOKING.filter((tool) => !allows(tool))).toEqual([]);
  expect(CHANGING.filter((tool) => allows(tool))).toEqual([]);
});

it('read-only keeps what was allowed by name, and drops what it cannot narrow', () => {
  const made = applied('read-only', {
    allow: { servers: ['*'], tools: { files: ['read_*', 'write_file', 'list'], git: ['git_*', '*'] } },
  });
  expect(made.dropped).toEqual(['write_file', 'git_*']);
  expect(made.rules.allow?.tools?.['files']).toEqual(['read_*', 'list']);
  expect(made.allows('get_log', 'git')).toBe(true);
  expect(made.allows('git_log', 'git')).toBe(false);
  expect(made.allows('get_x', 'files')).toBe(false);
});

it('read-only refuses rules that it would have to widen', () => {
  const made = applyOf('read-only')({ allow: { servers: ['*'], tools: { 'db-*': ['query'] } } });
  expect(made).toMatchObject({ kind: 'refused', why: expect.stringContaining('"db-*"') });
});

it('no-delete denies what says that it deletes, in any spelling, and nothing else', () => {
  const { allows } = applied('no-delete', ALL);
  const deleting = [
    'delete',
    'delete_file',
    'bulkDelete',
    'GITHUB_DELETE_REPO',
    'fs-remove',
    'removeItem',
    'drop_table',
    'db.drop',
    'rm',
    'purge_cache',
    'truncate_table',
  ];
  expect(deleting.filter((tool) => allows(tool))).toEqual([]);
  expect([...LOOKING, 'write_file', 'dropbox_list', 'confirm', 'get_form'].filter((tool) => !allows(tool))).toEqual([]);
});

it('ask-before-write asks about everything that does not say that it only reads', () => {
  const made = applyOf('ask-before-write')({
    allow: { servers: ['*'] },
    ask: { access: { '*': ['read'], a: ['read'] } },
  });
  if (made?.kind !== 'rules') throw new Error('It could not be added.');
  expect(made.rules.ask?.access).toEqual({ a: ['read'], '*': ['read', 'write', 'destructive', 'unknown'] });
  const rules = applyOf('ask-before-write')({ allow: { servers: ['*'] } });
  const policy = compile({ agents: { one: rules?.kind === 'rules' ? rules.rules : {} } });
  const effects = ACCESS_LEVELS.map((access) => policy.judge('one', 's', 't', 'tool', { access }).effect);
  expect(effects).toEqual(['allow', 'ask', 'ask', 'ask']);
});

it('property: a recipe never allows more, says nothing about servers, prompts and resources, and changes nothing when added again', () => {
  const names = [...RECIPES].flatMap(([name, recipe]) => ('apply' in recipe ? [name] : []));
  fc.assert(
    fc.property(agentRules, fc.constantFrom(...names), (rules, name) => {
      const made = applyOf(name)(rules);
      if (made?.kind !== 'rules') return;
      const [before, after] = [compile({ agents: { one: rules } }), compile({ agents: { one: made.rules } })];
      for (const { server, name: asked, kind } of everyQuestion(['one'])) {
        const old = before.judge('one', server, asked, kind).allowed;
        const now = after.judge('one', server, asked, kind).allowed;
        if (kind === 'tool' && asked !== undefined) expect(old || !now, JSON.stringify([server, asked])).toBe(true);
        else expect(now).toBe(old);
        if (name === 'read-only' && kind === 'tool' && asked !== undefined && now)
          expect(asked).toMatch(/^(?:read_file|getUser|list)$/);
      }
      expect(applyOf(name)(made.rules)).toEqual({ ...made, dropped: [] });
    }),
    { numRuns: 500 },
  );
});
