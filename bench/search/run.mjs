/**
 * How well and how fast tools are found: `npm run bench:search [-- FILE...] [--json] [--scale] [--ablation]
 * [--languages] [--embeddings URL --model NAME]`.
 * Without files, those of ../shared/data/tools. With --json one line per set and method, and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, round } from './figures.mjs';
import { ABLATIONS, gateway, plainBm25, wordOverlap } from './methods.mjs';
import { scale } from './scale.mjs';

const DATA = fileURLToPath(new URL('../../../shared/data/tools/', import.meta.url));
const COLUMNS = [
  'recall_at_1',
  'recall_at_5',
  'recall_at_10',
  'mrr',
  'ndcg_at_5',
  'ndcg_at_10',
  'query_p95_ms',
  'index_ms',
];

const { values: flags, positionals: named } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    ablation: { type: 'boolean', default: false },
    languages: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    embeddings: { type: 'string' },
    model: { type: 'string', default: 'default' },
  },
});
const { json } = flags;

const words = (tools) => gateway(tools, { meaning: false });
const methods = { gateway, 'gateway, words alone': words, 'plain BM25': plainBm25, 'word overlap': wordOverlap };
if (flags.ablation) {
  for (const [name, options] of Object.entries(ABLATIONS))
    methods[name] = (tools) => gateway(tools, { meaning: false, ...options });
}

if (flags.embeddings !== undefined) {
  const { withEmbeddings } = await import('./embeddings.mjs');
  methods['gateway, embeddings'] = withEmbeddings(flags.embeddings, flags.model);
}

if (flags.languages) {
  const { languages } = await import('./languages.mjs');
  const figures = await languages();
  if (!json) print('\nQuestions in other languages over real servers', header());
  for (const one of figures) print(json ? JSON.stringify(one) : row(`${one.set}, ${one.method}`, one));
  const recall = (language, method) => figures.find((one) => one.set === language && one.method === method).recall_at_5;
  for (const language of new Set(figures.map(({ set }) => set))) {
    if (recall(language, 'gateway') >= recall(language, 'gateway, words alone')) continue;
    process.stderr.write(`${language} is worse off with meaning than with words alone.\n`);
    process.exitCode = 1;
  }
  process.exit();
}

for (const file of filesOfSets()) {
  const { tools, queries } = JSON.parse(readFileSync(file, 'utf8'));
  const set = basename(file, '.json');
  if (!json) print(`\n${set}: ${tools.length} tools, ${queries.length} questions`, header());
  for (const [method, make] of Object.entries(methods)) {
    const start = performance.now();
    const search = await make(tools, queries);
    const index_ms = round(performance.now() - start);
    const figures = { set, method, ...measure(queries, search), index_ms };
    if (json) print(JSON.stringify(figures));
    else print(row(method, figures));
  }
}

if (flags.scale) {
  const figures = await scale();
  if (json) print(JSON.stringify(figures));
  else {
    print('\nScale, made-up tools');
    for (const [name, value] of Object.entries(figures)) print(`  ${name.padEnd(40)}${value}`);
  }
}

/** Those that are named; all where none is, unless only the scale is asked for. */
function filesOfSets() {
  if (named.length > 0 || flags.scale) return named;
  const names = readdirSync(DATA).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(DATA, name));
}

function header() {
  return `  ${'method'.padEnd(30)}${COLUMNS.map((name) => name.padStart(14)).join('')}`;
}

function row(method, figures) {
  return `  ${method.padEnd(30)}${COLUMNS.map((name) => String(figures[name] ?? '').padStart(14)).join('')}`;
}

function print(...lines) {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
