/** docs/reference/metrics.md: every counter and gauge that the source defines. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { code, page, table } from './markdown.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PREFIX = 'agent_mcp_gateway_';

/** Of each call; src/observe/metrics.ts writes them as families. */
const OF_CALLS = { labels: ['operation', 'agent'], errors: ['operation', 'agent', 'code'] };

export function metricsPage() {
  const own = readdirSync(path.join(root, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => metricsIn(readFileSync(path.join(root, 'src', name), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const intro = `\`/metrics\` gives these in the text format of Prometheus, and as JSON for \`Accept: application/json\`. It needs a token:
[operators](../identity.md#operators) see every agent and server, everybody else only those that they may know.
[Operations](../operations.md#health-readiness-metrics) shows the requests.`;
  const rows = own.map(({ name, type, labels, help }) => [
    code(PREFIX + name),
    type,
    labels.map(code).join(', '),
    help,
  ]);
  return page('Metrics', intro, [
    table(['metric', 'type', 'labels', 'meaning'], rows),
    `## Process

prom-client adds memory, processor time, event loop and garbage collection of the processes, as \`process_*\` and \`nodejs_*\`. With
[workers](../operations.md#more-than-one-core) they are added up where that means something.`,
  ]);
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
  const labels = name.startsWith('errors') ? OF_CALLS.errors : OF_CALLS.labels;
  return { name, type: of('type').value, help: of('help').value, labels };
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
