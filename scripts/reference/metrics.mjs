/** docs/reference/metrics.md: every counter and gauge that the source defines. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { code, page, table } from './markdown.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PREFIX = 'agent_mcp_gateway_';

/** Labels of the families of src/observe/call-families.ts: of operations, and of calls to a server. */
function labelsOfFamily(name) {
  const labels = name.startsWith('call_') ? ['server'] : ['operation', 'agent'];
  return name.endsWith('errors_total') ? [...labels, 'code'] : labels;
}

export function metricsPage() {
  const intro = `\`/metrics\` gives these in the text format of Prometheus, and as JSON for \`Accept: application/json\`. It needs a token:
[operators](../identity.md#operators) see every agent and server, everybody else only those that they may know.
[Monitoring](../monitoring.md) shows how Prometheus and Grafana use them.`;
  const rows = ownMetrics().map(({ name, type, labels, help }) => [
    code(PREFIX + name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  return page('Metrics', intro, [
    table(['metric', 'type', 'labels', 'meaning'], rows),
    `## Histograms

Durations are classic histograms in seconds: \`_bucket\` with the label \`le\` from 0.00025 to 65.536, each bound twice the one before, \`_sum\` and
\`_count\`. Prometheus adds them up over gateways. The library, prom-client, has no native histograms; Prometheus 3 can make them of these as it
reads them (\`convert_classic_histograms_to_nhcb\`). With [workers](../operations.md#more-than-one-core) everything is added up over the workers.

## Process

prom-client adds memory, processor time, event loop and garbage collection of the processes, as \`process_*\` and \`nodejs_*\`. With
workers they are added up where that means something.`,
  ]);
}

/** Every metric of the source: its name without the prefix, type, labels and help, by name. */
export function ownMetrics() {
  return readdirSync(path.join(root, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => metricsIn(readFileSync(path.join(root, 'src', name), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `x.counter('name', 'help', [labels])`, `x.gauge('name', 'help', read)`, and families with a help text. */
function metricsIn(source) {
  if (!/\.(?:counter|gauge)\(|help: '/.test(source)) return [];
  const found = [];
  const tree = parseAst(source, { lang: 'ts' });
  walk(tree, (node) => {
    const kind = node.type === 'CallExpression' ? node.callee.property?.name : undefined;
    const [name, help, third] = node.arguments ?? [];
    if ((kind === 'counter' || kind === 'gauge') && typeof name?.value === 'string') {
      const labels = kind === 'counter' ? namesIn(third) : labelsOf(third, tree);
      found.push({ name: name.value, type: kind, help: help.value, labels });
    }
    const family = node.type === 'ObjectExpression' ? familyOf(node) : undefined;
    if (family !== undefined) found.push(family);
  });
  return found;
}

function familyOf({ properties }) {
  const of = (key) => properties.find((property) => property.key?.name === key)?.value;
  const name = of('name')?.quasis?.at(-1)?.value.raw;
  if (name === undefined || of('help')?.value === undefined) return undefined;
  return { name, type: of('type').value, help: of('help').value, labels: labelsOfFamily(name) };
}

function namesIn(list) {
  return (list?.elements ?? []).map(({ value }) => value);
}

/** Keys of every `labels: { ... }` in what a gauge reads; a helper of the same file is looked into. */
function labelsOf(read, tree) {
  const labels = new Set();
  const collect = (node) => {
    if (node.type !== 'Property' || node.key.name !== 'labels') return;
    for (const { key } of node.value.properties ?? []) labels.add(key.name);
  };
  walk(read, collect);
  const helper = read?.type === 'CallExpression' ? read.callee.name : undefined;
  walk(tree, (node) => {
    if (helper !== undefined && node.type === 'VariableDeclarator' && node.id.name === helper) walk(node.init, collect);
  });
  return [...labels];
}

function walk(node, visit) {
  if (node === null || typeof node !== 'object') return;
  if (typeof node.type === 'string') visit(node);
  for (const value of Object.values(node)) {
    for (const inner of Array.isArray(value) ? value : [value]) walk(inner, visit);
  }
}
