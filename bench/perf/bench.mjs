/** `npm run bench`: everything, in about a quarter of an hour. Writes bench/results/performance.json and docs/performance.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { DIMENSIONS, measureGrowth } from './growth.mjs';
import { measure } from './measure.mjs';
import { measureIdle } from './memory.mjs';
import { othersIn } from './others.mjs';
import { measurePauses } from './pauses.mjs';
import { writePages } from './report/pages.mjs';
import { say } from './say.mjs';
import { FULL, PEERS } from './scenarios.mjs';
import { measureStart } from './start.mjs';
import { summarise } from './statistics.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.7' },
    part: { type: 'string', multiple: true },
    peers: { type: 'string' },
  },
});
const ROOT = new URL('../../', import.meta.url);
const RESULTS = new URL('bench/results/performance.json', ROOT);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** Each part can be measured again by itself; the others stay as they were, and the conditions are those of the calls. */
const PARTS = {
  start: () => measureStart(15),
  idle: () => measureIdle(5),
  calls: async () => {
    const results = [];
    for (const { scenario, targets } of FULL) {
      say(scenario.name);
      results.push(summarise(await measure(scenario, { rounds, seconds, targets })));
    }
    return results;
  },
  pauses: () => measurePauses({ rounds, seconds }),
  ...(values.peers === undefined ? {} : { peers }),
  growth: async () => {
    const results = {};
    for (const name of Object.keys(DIMENSIONS)) {
      say(`growth: ${name}`);
      results[name] = await measureGrowth(name, { rounds, seconds });
    }
    return results;
  },
};

const began = Date.now();
const results = values.part === undefined ? {} : JSON.parse(readFileSync(RESULTS, 'utf8'));
const isWhole = values.part === undefined || values.part.includes('calls');
if (isWhole) results.conditions = conditions();
for (const [name, run] of Object.entries(PARTS)) {
  if (values.part !== undefined && !values.part.includes(name)) continue;
  say(name);
  results[name] = await run();
}
const minutes = Math.round((Date.now() - began) / 6000) / 10;
if (isWhole) results.conditions = { ...results.conditions, loadAfter: load(), minutes };
writeFileSync(RESULTS, `${JSON.stringify(results, rounded, 1)}\n`);
writePages(ROOT, results);
say(`written: bench/results/performance.json, docs/performance.md, docs/performance-data.md (${minutes} min)`);

/** Gateways of others next to ours, which shows its tools as they do. */
async function peers() {
  const results = [];
  const targets = ['raw', 'floor', 'gateway'];
  for (const each of PEERS) {
    say(each.name);
    results.push(summarise(await measure(each, { rounds, seconds, targets, others: othersIn(values.peers) })));
  }
  return results;
}

/** What the figures depend on; nothing that names this machine. */
function conditions() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src') === '' ? '' : ' and changes'),
    cpu: cpu.model.trim(),
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    version: manifest.version,
    undici: manifest.devDependencies.undici,
    sdk: manifest.devDependencies['@modelcontextprotocol/server'],
    rounds,
    seconds,
    loadBefore: load(),
  };
}

/** Processes that wanted to run, on average over the last minute. */
function load() {
  return Math.round(loadavg()[0] * 10) / 10;
}

function rounded(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
