import { expect, it } from 'vitest';
import { CallArguments } from './arguments/call-arguments.ts';
import { compile } from './compile-rules.ts';
import { explain } from './explain.ts';
import type { AgentRules, PolicyRules } from './rules-data.ts';
import { argumentsDigest } from './standing-answers.ts';

const ONE = { tool: 'move', arguments_sha256: argumentsDigest('{"to":"a"}') };
const DEV: AgentRules = {
  allow: { servers: ['files'] },
  ask: { servers: ['files'], tools: { files: ['write'] } },
  approved: { files: ['write', ONE], mail: ['send'] },
};
const rules = (dev: Partial<AgentRules> = {}): PolicyRules => ({ agents: { dev: { ...DEV, ...dev } } });
const decide = (server: string, tool: string, args = '{}', dev?: Partial<AgentRules>) =>
  compile(rules(dev)).decide('dev', server, tool, 'tool', { args: new CallArguments(args) });

it('what was approved for good is not asked about, by its exact names', () => {
  expect(decide('files', 'write')).toMatchObject({ effect: 'allow', rule: 'agents.dev.approved.files[0]' });
  expect(decide('files', 'write2')).toMatchObject({ effect: 'ask' });
  expect(decide('files', 'write', '{}', { approved: { '*': ['write'], files: ['*'] } })).toMatchObject({
    effect: 'ask',
  });
});

it('one call is approved with its arguments alone', () => {
  expect(decide('files', 'move', '{ "to": "a" }')).toMatchObject({
    effect: 'allow',
    rule: 'agents.dev.approved.files[1]',
  });
  for (const other of ['{"to":"b"}', '{"to":"a","force":true}', '{}', 'null']) {
    expect(decide('files', 'move', other), other).toMatchObject({ effect: 'ask' });
  }
  expect(compile(rules()).decide('dev', 'files', 'move')).toMatchObject({ effect: 'ask' });
});

it('allows nothing by itself, and every deny beats it', () => {
  expect(decide('mail', 'send')).toMatchObject({ effect: 'deny' });
  expect(decide('files', 'write', '{}', { deny: { tools: { files: ['write'] } } })).toMatchObject({ effect: 'deny' });
  expect(decide('files', 'write', '{}', { allow: { servers: ['files'], tools: { files: ['read'] } } })).toMatchObject({
    effect: 'deny',
  });
});

it('is explained, and changes no version', () => {
  expect(explain(compile(rules()), 'dev', 'files', 'write')).toMatchObject({
    decision: 'ALLOW',
    reason: expect.stringContaining('stands in approved'),
  });
  expect(compile(rules({ approved: {} })).version('dev')).toBe(compile(rules()).version('dev'));
  expect(compile(rules({ ask: {} })).version('dev')).not.toBe(compile(rules()).version('dev'));
});
