import { expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { decisionOf } from './rules-data.ts';

const policy = compile({
  agents: {
    reader: {
      allow: {
        servers: ['files', 'notes'],
        tools: { files: ['read_*'] },
        prompts: { files: ['summary'] },
        resources: { 'file*': ['file:///public/*'] },
      },
      deny: { prompts: { '*': ['secret_*'] }, resources: { files: ['file:///public/keys/*'] } },
    },
  },
});
const rule = (server: string, name: string, kind: 'tool' | 'prompt' | 'resource'): string =>
  policy.decide('reader', server, name, kind).rule;

it('prompts and resources have maps of their own, with the semantics of tools', () => {
  expect(rule('files', 'summary', 'prompt')).toBe('agents.reader.allow.prompts.files[0]');
  expect(rule('files', 'other', 'prompt')).toBe('default_deny');
  expect(rule('notes', 'secret_x', 'prompt')).toBe('agents.reader.deny.prompts.*[0]');
  expect(rule('files', 'file:///public/a', 'resource')).toBe('agents.reader.allow.resources.file*[0]');
  expect(rule('files', 'file:///public/keys/a', 'resource')).toBe('agents.reader.deny.resources.files[0]');
  expect(rule('files', 'file:///private/a', 'resource')).toBe('default_deny');
});

it('a permitted server without an entry of a kind grants that kind', () => {
  expect(rule('notes', 'anything', 'prompt')).toBe('implicit_grant');
  expect(rule('notes', 'note://1', 'resource')).toBe('implicit_grant');
  expect(rule('notes', 'anything', 'tool')).toBe('implicit_grant');
});

it('a server that is not permitted grants nothing of any kind', () => {
  for (const kind of ['tool', 'prompt', 'resource'] as const) {
    expect(policy.decide('reader', 'mail', 'x', kind)).toEqual(decisionOf('deny', 'default_deny'));
  }
});
