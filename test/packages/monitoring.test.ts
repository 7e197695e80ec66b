/** The dashboard and the alert rules ask for metrics and labels that there are, in expressions that Prometheus reads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import client from 'prom-client';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';

const text = (name: string): string => readFileSync(path.join(root, name), 'utf8');

/** Labels that Prometheus gives to what it reads: the last where it reads a cluster. */
const TARGET = ['job', 'instance', 'namespace'];
/** Every metric with its labels, as Prometheus has them. */
const METRICS = new Map<string, ReadonlySet<string>>([['up', new Set(TARGET)]]);
for (const [, name = '', type, labels = ''] of text('docs/reference/metrics.md').matchAll(
  /^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm,
)) {
  const own = [...TARGET, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)];
  const isHistogram = type === 'histogram';
  if (!isHistogram) METRICS.set(name, new Set(own));
  for (const suffix of isHistogram ? ['_sum', '_count'] : []) METRICS.set(name + suffix, new Set(own));
  if (isHistogram) METRICS.set(`${name}_bucket`, new Set([...own, 'le']));
}
const ofProcess = new client.Registry();
client.collectDefaultMetrics({ register: ofProcess });
for (const { name } of ofProcess.getMetricsAsArray()) METRICS.set(name, new Set(TARGET));

/** Values that a label may have. */
const states = /export type ServerState =([^;]+);/.exec(text('src/upstream/contract.ts'))?.[1] ?? '';
const VALUES = new Map<string, ReadonlySet<string>>([
  ['state', new Set([...states.matchAll(/'([\w-]+)'/g)].map(([, state = '']) => state))],
  ['code', new Set([...text('docs/reference/errors.md').matchAll(/^\| `(\w+)`/gm)].map(([, code = '']) => code))],
  ['result', new Set(['applied', 'refused', 'unchanged'])],
  ['reason', new Set(['credential', 'scope', 'host', 'origin'])],
]);

/** The mistakes in an expression. */
function faultsOf(expression: string): string[] {
  const asked = expression.replaceAll('$__rate_interval', '5m');
  const faults: string[] = [];
  const metrics: { name: string; from: number }[] = [];
  const labels: { name: string; within: { from: number; to: number } }[] = [];
  parser.parse(asked).iterate({
    enter({ name, from, to, type, node }) {
      const word = asked.slice(from, to);
      if (type.isError) faults.push(`cannot be read at ${from}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push({ name: word, from });
      if (name === 'LabelName') labels.push({ name: word, within: scopeOf(node) });
      if (name === 'UnquotedLabelMatcher') faults.push(...valueFaults(word));
    },
  });
  for (const { name } of metrics) if (!METRICS.has(name)) faults.push(`no metric ${name}`);
  for (const { name, within } of labels) {
    const meant = metrics.filter(({ from }) => from >= within.from && from < within.to);
    if (!meant.every((metric) => METRICS.get(metric.name)?.has(name) === true)) faults.push(`no label ${name}`);
  }
  return metrics.length === 0 ? [...faults, 'asks for nothing'] : faults;
}

/** The owner of a label: the metric whose values it chooses, or all that is added up by it. */
function scopeOf(label: SyntaxNode): SyntaxNode {
  let node = label;
  while (!/^(?:VectorSelector|AggregateExpr)$/.test(node.name) && node.parent !== null) node = node.parent;
  return node;
}

function valueFaults(matcher: string): string[] {
  const [, label = '', values = ''] = /^(\w+)[=!~]+"(.*)"$/.exec(matcher) ?? [];
  const known = VALUES.get(label);
  return known === undefined
    ? []
    : values.split('|').flatMap((value) => (known.has(value) ? [] : [`no ${label} ${value}`]));
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels, templating } = JSON.parse(text('packaging/grafana/agent-mcp-gateway.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
};
const { groups } = parse(text('packaging/prometheus/agent-mcp-gateway.rules.yaml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

it('finds what is wrong with an expression', () => {
  expect(faultsOf('sum by (server) (rate(agent_mcp_gateway_operations_total[5m]))')).toEqual(['no label server']);
  expect(faultsOf('agent_mcp_gateway_invented > 1')).toEqual(['no metric agent_mcp_gateway_invented']);
  expect(faultsOf('agent_mcp_gateway_server_state{state=~"ready|red"}')).toEqual(['no state red']);
  expect(faultsOf('sum(rate(up[5m])')).not.toEqual([]);
  expect(faultsOf('1 + 1')).toEqual(['asks for nothing']);
});

it.each(panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])))('panel %s: %s', (_, expr) => {
  expect(faultsOf(expr)).toEqual([]);
});

it.each(rules.map((rule) => [rule.alert, rule] as const))('alert %s', (_, { expr, labels, annotations }) => {
  expect(faultsOf(expr)).toEqual([]);
  expect(['critical', 'warning', 'info']).toContain(labels.severity);
  expect(annotations['summary']).toMatch(/\.$/);
  const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
  const known = [...METRICS].flatMap(([name, own]) => (new RegExp(`\\b${name}\\b`).test(expr) ? [...own] : []));
  const kept = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/, */) ?? known;
  expect(kept).toEqual(expect.arrayContaining(used));
});

it('the choices of the dashboard are labels of metrics', () => {
  const asked = templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query]));
  expect(asked.length).toBeGreaterThan(0);
  for (const one of asked) {
    const [, metric = '', label = ''] = /^label_values\((\w+)(?:\{.*\})?, (\w+)\)$/.exec(one) ?? [];
    expect(METRICS.get(metric)?.has(label), one).toBe(true);
  }
});
