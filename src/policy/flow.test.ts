import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { explain } from './explain.ts';
import type { FlowRule, PolicyRules } from './rules-data.ts';
import { labelsOfResult, labelsOfTool } from './trust-annotations.ts';
import { withVirtualServers } from './virtual-names.ts';

const THEN = 'then';
const rule = (after: string[], call: string, effect: 'ask' | 'deny', window_s?: number): FlowRule => ({
  after,
  call,
  [THEN]: effect,
  ...(window_s === undefined ? {} : { window_s }),
});
const ALL: PolicyRules['agents'] = { a: { allow: { servers: ['*'] } } };
const carrying =
  (...labels: string[]) =>
  (label: string): boolean =>
    labels.includes(label);

describe('labels', () => {
  const labels = {
    mail: { 'read_*': ['private'], '*': ['untrusted'], send: ['external'] },
    'm*': { '*': ['never'] },
    'file://*': { '*': ['odd'] },
    docs: { 'file:///secret/*': ['private'], 'file:///public/*': [] },
    'web*': { fetch: ['external'] },
    '*b': { 'f*': ['untrusted'] },
  };
  const { flow } = compile({ agents: ALL, labels, flow: [rule(['private'], 'external', 'ask')] });

  it.each([
    ['mail', 'send', 'tool', ['external']],
    ['mail', 'read_inbox', 'tool', ['private', 'untrusted']],
    ['mail', 'other', 'tool', ['untrusted']],
    ['mail', undefined, 'tool', ['private', 'untrusted', 'external']],
    ['mail', 'greeting', 'prompt', ['untrusted']],
    ['memory', 'x', 'tool', ['never']],
    ['docs', 'unknown', 'tool', undefined],
    ['docs', 'help', 'prompt', ['private']],
    ['docs', 'file:///secret/plan', 'resource', ['private']],
    ['docs', 'file:///public/plan', 'resource', []],
    ['docs', 'file:///public/../secret/plan', 'resource', ['private']],
    ['web', 'fetch', 'tool', ['external']],
    ['web', 'find', 'tool', ['untrusted']],
    ['nothing', 'x', 'tool', undefined],
  ] as const)('of %s %s (%s)', (server, name, kind, expected) => {
    expect(flow?.labelsOf(server, name, kind)).toEqual(expected);
  });

  it('of servers that say something themselves', () => {
    expect(labelsOfTool({ openWorldHint: true })).toEqual(['untrusted', 'external']);
    expect(labelsOfTool({ openWorldHint: false, readOnlyHint: true })).toEqual([]);
    expect(labelsOfTool(undefined)).toEqual([]);
    const mail = { returnMetadata: { source: ['untrustedPublic', 'user'], sensitivity: ['none', 'pii'] } };
    expect(labelsOfTool(mail)).toEqual(['private', 'untrusted']);
    expect(labelsOfTool({ inputMetadata: { destination: 'public' } })).toEqual(['external']);
    expect(labelsOfResult({ maliciousActivityHint: true })).toEqual(['untrusted']);
    expect(
      labelsOfResult({ returnMetadata: { source: 'system', sensitivity: { regulated: { scopes: ['GDPR'] } } } }),
    ).toEqual(['private']);
    expect(labelsOfResult({ attribution: ['mcp://x'] })).toEqual([]);
  });
});

it('deny beats ask beats allow, and no standing answer lifts it', () => {
  const { decide } = compile({
    agents: {
      a: { allow: { servers: ['*'] }, ask: { tools: { web: ['post'] } }, approved: { web: ['post'] } },
      shadow: { enforce: 'shadow', allow: { servers: ['*'] } },
      none: { allow: { servers: [] } },
    },
    labels: { web: { '*': ['external'] } },
    flow: [rule(['private'], 'external', 'ask'), rule(['secret'], 'external', 'deny')],
  });
  const of = (agent: string, ...labels: string[]) =>
    decide(agent, 'web', 'post', 'tool', { args: 'any', carries: carrying(...labels) });
  expect(of('a')).toMatchObject({ effect: 'allow', rule: 'agents.a.approved.web[0]' });
  expect(of('a', 'private')).toMatchObject({ effect: 'ask', rule: 'flow[0]', after: ['private'] });
  expect(of('a', 'private', 'secret')).toMatchObject({ effect: 'deny', rule: 'flow[1]' });
  expect(of('shadow', 'secret')).toMatchObject({ effect: 'allow', shadowed: 'DENY', rule: 'flow[1]' });
  expect(of('none', 'private')).toMatchObject({ effect: 'deny', rule: 'default_deny' });
  // A list does not depend on what its reader touched.
  expect(decide('a', 'web', 'post', 'tool', { args: 'any' }).effect).toBe('allow');
});

it('counts for a tool of a virtual server, whatever that name is asked about', () => {
  const policy = compile({
    agents: { a: { allow: { servers: ['*'] }, ask: { servers: ['desk'] } } },
    labels: { web: { '*': ['external'] } },
    flow: [rule(['private'], 'external', 'ask')],
  });
  const desk = { servers: ['web'], originalOf: (name: string) => ({ server: 'web', name: name.replace('web_', '') }) };
  const { decide } = withVirtualServers(policy, new Map([['desk', desk]]));
  const of = (...labels: string[]) =>
    decide('a', 'desk', 'web_post', 'tool', { args: 'any', carries: carrying(...labels) });
  expect(of().rule).toBe('agents.a.ask.servers[0]');
  expect(of('private').rule).toBe('flow[0]');
});

it('is explained', () => {
  const policy = compile({
    agents: ALL,
    labels: { web: { '*': ['external'] } },
    flow: [rule(['private', 'untrusted'], 'external', 'ask')],
  });
  expect(explain(policy, 'a', 'web', 'fetch')).toMatchObject({ decision: 'ALLOW', labels: ['external'] });
  expect(explain(policy, 'a', 'web', 'fetch').reason).toContain(
    'It is external: after private and untrusted, a person is asked (flow[0]).',
  );
  expect(explain(policy, 'a', 'web', 'fetch', 'tool', { carries: carrying('private', 'untrusted') })).toMatchObject({
    decision: 'ASK',
    rule: 'flow[0]',
    reason: 'The caller carries private and untrusted, and with that a person is asked before such a call.',
  });
  expect(explain(policy, 'a', 'mail', 'read').reason).toContain('What it touches is for its server to say');
});

it('is what an oracle says that reads the file anew', () => {
  const label = fc.constantFrom('a', 'b', 'c');
  const labels = fc.uniqueArray(label, { maxLength: 3 });
  const rules = fc.array(
    fc.record({
      after: fc.uniqueArray(label, { minLength: 1, maxLength: 2 }),
      call: label,
      effect: fc.constantFrom('ask' as const, 'deny' as const),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(rules, labels, labels, fc.boolean(), (all, called, carried, isOwners) => {
      const policy = compile({
        agents: { a: { allow: { servers: ['*'] } } },
        ...(isOwners ? { labels: { s: { t: called } } } : {}),
        flow: all.map(({ after, call, effect }) => rule(after, call, effect)),
      });
      const facts = { args: 'any', carries: carrying(...carried), ...(isOwners ? {} : { labels: called }) } as const;
      const hits = all.filter(
        ({ after, call }) => called.includes(call) && after.every((one) => carried.includes(one)),
      );
      const expected = hits.some(({ effect }) => effect === 'deny') ? 'deny' : hits.length > 0 ? 'ask' : 'allow';
      expect(policy.decide('a', 's', 't', 'tool', facts).effect).toBe(expected);
    }),
  );
});
