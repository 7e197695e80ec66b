import { expect, it } from 'vitest';
import { compile, type Policy } from '../compile-rules.ts';
import type { FlowRule, PolicyRules } from '../rules-data.ts';
import { changedFlow, flowRulesOf, heldCalls } from './flow-outcomes.ts';

const TOOLS = new Map([
  ['mail', ['read', 'send']],
  ['web', ['fetch']],
  ['new', undefined],
]);
const LABELS = { mail: { read: ['private'], send: ['external'] }, web: { fetch: ['untrusted', 'external'] } };
/** As a word of the rules: objects with such a member look like promises to the linter. */
const THEN = 'then';
const AFTER = ['private', 'untrusted'];
const rule = (after: readonly string[], effect: 'ask' | 'deny', window_s?: number): FlowRule =>
  ({ after, call: 'external', [THEN]: effect, ...(window_s === undefined ? {} : { window_s }) }) as FlowRule;
const made = (rules: Pick<PolicyRules, 'labels' | 'flow'>): Policy =>
  compile(flowRulesOf({ agents: { a: { allow: {} } }, ...rules }));
const asking = made({ labels: LABELS, flow: [rule(AFTER, 'ask')] });

it('names each call that is held up after each set of labels, for everybody', () => {
  const held = { labels: AFTER, within_s: 28_800, outcome: 'ASK', rule: 'flow[0]' };
  expect(heldCalls(asking, TOOLS)).toEqual([
    { ...held, server: 'mail', tool: 'send' },
    { ...held, server: 'web', tool: 'fetch' },
  ]);
  expect(heldCalls(made({ labels: LABELS }), TOOLS)).toEqual([]);
});

it('a stricter rule, and a label more, are changes; no change is none', () => {
  const labels = { ...LABELS, web: { fetch: ['untrusted'] } };
  const denying = made({ labels, flow: [rule(['private'], 'deny')] });
  expect(changedFlow(asking, asking, TOOLS)).toEqual({ stops: [], labels: [] });
  const { stops, labels: changed } = changedFlow(asking, denying, TOOLS);
  expect(
    stops.map(({ labels: after, server, tool, before, after: now }) => [
      after,
      server,
      tool,
      before.outcome,
      now.outcome,
    ]),
  ).toEqual([
    [AFTER, 'mail', 'send', 'ASK', 'DENY'],
    [AFTER, 'web', 'fetch', 'ASK', 'ALLOW'],
    [['private'], 'mail', 'send', 'ALLOW', 'DENY'],
  ]);
  expect(changed).toEqual([{ server: 'web', tool: 'fetch', before: ['external', 'untrusted'], after: ['untrusted'] }]);
});

it('a longer window is a change for what was touched longer ago', () => {
  const flow = (window_s: number): Policy => made({ labels: LABELS, flow: [rule(['private'], 'deny', window_s)] });
  expect(changedFlow(flow(60), flow(3600), new Map([['mail', ['send']]])).stops).toEqual([
    {
      labels: ['private'],
      within_s: 3600,
      server: 'mail',
      tool: 'send',
      before: { outcome: 'ALLOW', rule: expect.any(String) },
      after: { outcome: 'DENY', rule: 'flow[0]' },
    },
  ]);
});
