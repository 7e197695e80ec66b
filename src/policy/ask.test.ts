import { expect, it, test } from 'vitest';
import { sayRules } from './authoring/agent-words.ts';
import { decideUnderCeiling } from './ceiling.ts';
import { compile } from './compile-rules.ts';
import { decisionOf } from './rules-data.ts';

const policy = compile({
  agents: {
    dev: {
      allow: { servers: ['files', 'db', 'web'], tools: { db: ['read', 'drop'] } },
      ask: {
        servers: ['web'],
        tools: { '*': ['delete_*'], db: ['drop', 'ghost'] },
        prompts: { files: ['plan'] },
        resources: { files: ['file:///keys/*'] },
      },
      deny: { tools: { files: ['delete_all'] }, resources: { files: ['file:///keys/root'] } },
    },
    free: { allow: { servers: ['*'] } },
    asks: { ask: { servers: ['*'], tools: { '*': ['*'] } } },
  },
});

test.each([
  ['files', 'read', 'tool', 'allow', 'implicit_grant'],
  ['files', 'delete_x', 'tool', 'ask', 'agents.dev.ask.tools.*[0]'],
  ['files', 'delete_all', 'tool', 'deny', 'agents.dev.deny.tools.files[0]'],
  ['db', 'read', 'tool', 'allow', 'agents.dev.allow.tools.db[0]'],
  ['db', 'drop', 'tool', 'ask', 'agents.dev.ask.tools.db[0]'],
  ['db', 'ghost', 'tool', 'deny', 'default_deny'],
  ['db', undefined, 'tool', 'allow', 'agents.dev.allow.servers[1]'],
  ['web', undefined, 'tool', 'ask', 'agents.dev.ask.servers[0]'],
  ['web', 'get', 'tool', 'ask', 'agents.dev.ask.servers[0]'],
  ['web', 'delete_x', 'tool', 'ask', 'agents.dev.ask.tools.*[0]'],
  ['web', 'x', 'prompt', 'ask', 'agents.dev.ask.servers[0]'],
  ['files', 'plan', 'prompt', 'ask', 'agents.dev.ask.prompts.files[0]'],
  ['files', 'file:///keys/a', 'resource', 'ask', 'agents.dev.ask.resources.files[0]'],
  ['files', 'file:///x/../keys/a', 'resource', 'ask', 'agents.dev.ask.resources.files[0]'],
  ['files', 'file:///keys/./root', 'resource', 'deny', 'agents.dev.deny.resources.files[0]'],
  ['files', 'file:///a', 'resource', 'allow', 'implicit_grant'],
  ['mail', 'delete_x', 'tool', 'deny', 'default_deny'],
] as const)('%s %s (%s): %s by %s', (server, name, kind, effect, rule) => {
  expect(policy.decide('dev', server, name, kind)).toEqual(decisionOf(effect, rule));
});

it('grants nothing', () => {
  expect(policy.decide('asks', 'files', 'x')).toEqual(decisionOf('deny', 'default_deny'));
});

it('is the stricter of both under a ceiling', () => {
  const under = (agent: string, ceiling: string, tool: string) =>
    decideUnderCeiling(policy, { agent, ceiling }, 'files', tool);
  expect(under('free', 'dev', 'delete_x')).toEqual(decisionOf('ask', 'ceiling: agents.dev.ask.tools.*[0]'));
  expect(under('dev', 'free', 'delete_x')).toEqual(decisionOf('ask', 'agents.dev.ask.tools.*[0]'));
  expect(under('free', 'dev', 'delete_all')).toEqual(decisionOf('deny', 'ceiling: agents.dev.deny.tools.files[0]'));
  expect(under('dev', 'dev', 'delete_x')).toEqual(decisionOf('ask', 'agents.dev.ask.tools.*[0]'));
  expect(under('free', 'dev', 'read')).toEqual(decisionOf('allow', 'implicit_grant'));
});

it('is said in words, as is what tools do', () => {
  const sentences = sayRules({
    allow: { servers: ['files'], access: { files: ['read', 'write'] } },
    ask: {
      servers: ['web'],
      access: { '*': ['unknown'] },
      tools: { files: [{ tool: 'put', args: { '/n': { min: 3 } } }] },
    },
    approved: {
      files: [
        'list',
        { tool: 'log', arguments_sha256: '1'.repeat(64) },
        { tool: 'log', arguments_sha256: '2'.repeat(64) },
      ],
    },
    deny: { access: { '*': ['destructive'] } },
  });
  expect(sentences).toContain(
    'has nobody asked any more, since somebody approved it for good, about tool "list" and 2 calls of "log" of server "files".',
  );
  expect(sentences).toContain('has a person asked before every use of anything of server "web", where it is allowed.');
  expect(sentences).toContain(
    'has a person asked before every use of tool "put" where "/n" is at least 3 of server "files", where it is allowed.',
  );
  expect(sentences).toContain(
    'may use the tools of server "files" that only read or write and destroy nothing, and no others.',
  );
  expect(sentences).toContain(
    'has a person asked before every use of the tools of every server that do not say what they do.',
  );
  expect(sentences).toContain('may never use the tools of every server that destroy.');
});
