/** docs/performance.md, docs/performance-data.md and their plots, out of the results. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slopeMb } from '../growth.mjs';
import { sizeName } from '../scenarios.mjs';
import { plotSvg } from './plot.mjs';
import { summaryPage } from './summary.mjs';
import { targetRows } from './targets.mjs';

const LABELS = {
  raw: 'raw sockets',
  floor: 'bare',
  gateway: '**gateway**',
  workers: 'gateway, 2 workers',
  sdk: 'SDK-built',
};

const CALLS_HEAD = `| server | revision | tool called | at one time | result | | calls/s | of bare | p50 ms | p99 ms | CPU us | MB |
|---|---|---|---:|---:|---|---:|---:|---:|---:|---:|---:|`;

/** @param {URL} root of the project */
export function writePages(root, results) {
  mkdirSync(new URL('docs/performance/', root), { recursive: true });
  for (const [name, points] of Object.entries(results.growth)) {
    const draw = (kind, title, unit, y) => {
      const svg = plotSvg({
        title,
        unit,
        xLabel: name,
        points: points.map((point) => ({ x: point.count, y: y(point) })),
      });
      writeFileSync(new URL(`docs/performance/${name}-${kind}.svg`, root), svg);
    };
    draw('latency', `Latency of a call by ${name}`, 'ms, p50', ({ p50Ms }) => p50Ms);
    draw('memory', `Memory by ${name}`, 'MB resident', ({ rssMb }) => rssMb);
  }
  writeFileSync(new URL('docs/performance.md', root), summaryPage(results));
  writeFileSync(new URL('docs/performance-data.md', root), dataPage(results));
}

function dataPage({ conditions, calls, peers, start, idle, pauses, growth, ...rest }) {
  const kb = (points) => (slopeMb(points) * 1024).toFixed(1);
  const targets = targetRows({ calls, start, idle, pauses, growth, ...rest });
  return `# Performance: all figures

These are the figures behind [Performance](performance.md). \`npm run bench\` writes both pages out of
[its results](../bench/results/performance.json).

Measured on ${conditions.date} at commit ${conditions.commit}: ${conditions.cores} cores (${conditions.cpu}), ${conditions.memoryGb} GB, ${conditions.platform}, Node
${conditions.node}, gateway ${conditions.version}, undici ${conditions.undici}, SDK ${conditions.sdk}. Load average before ${conditions.loadBefore}, after ${conditions.loadAfter}. Load generator, servers and the
process under test share the cores, so compare rows, not machines.

${busy(conditions)}The gateway runs as users run it: token on, rules of 20 agents with 50 patterns each, audit on, one process. *Bare* is the least that a relay
can cost: a reverse proxy of node:http and undici, or a bridge from HTTP to one program over stdio. *Raw sockets* write the bytes of one socket to
another and read nothing. *SDK-built* is a gateway
of the same function made of the official SDK (\`bench/perf/peers/sdk-gateway.mjs\`). All figures are medians of
${conditions.rounds} rounds of ${conditions.seconds} s; the rounds of what is compared take turns.

## What we aim at

| | aim | measured | |
|---|---:|---:|---|
${targets.map(([what, limit, value, isReached]) => `| ${what} | ${limit} | ${value} | ${isReached ? 'reached' : '**not yet**'} |`).join('\n')}

## Calls

Concurrency is how many calls are open at one time. Processor time is that of the process under test, user and system, per call.

${CALLS_HEAD}
${calls.flatMap(callRows).join('\n')}

2 MB results, ${pauses.concurrency} at one time: the longest pause of the event loop is ${pauses.gateway.medianMs.toFixed(1)} ms (median of the rounds; ${pauses.gateway.worstMs.toFixed(1)} ms
in the worst), in the bare proxy ${pauses.floor.medianMs.toFixed(1)} ms (${pauses.floor.worstMs.toFixed(1)} ms).

${peersPart(peers)}## Start

| | ms | of \`node -e 0\` |
|---|---:|---:|
| \`node -e 0\`, from start to end | ${start.bareMs.toFixed(0)} | 1.00 |
| stdio: \`initialize\` answered | ${start.initializeMs.toFixed(0)} | ${start.initializeRatio.toFixed(2)} |
| stdio: first result of an HTTP server that is connected when it is called | ${start.firstResultMs.toFixed(0)} | ${start.firstResultRatio.toFixed(2)} |

## Memory

Resident memory. At rest, 40 s after the start, connected to one HTTP server: ${idle.gatewayMb.toFixed(0)} MB, where a bare Node has ${idle.bareMb.toFixed(0)} MB. Under load: the last column of the calls.

| one more | KB |
|---|---:|
| session at rest (2025 revisions) | ${kb(growth.sessions)} |
| HTTP server, connected, with one tool | ${kb(growth.servers)} |
| 1,000 tools | ${(slopeMb(growth.tools) * 1024 * 1000).toFixed(0)} |
| agent with 50 patterns | ${kb(growth.agents)} |

## Growth

Sixteen calls at one time, of gateways with so many servers, tools, agents or idle sessions.

${Object.keys(growth)
  .map(
    (name) =>
      `![Latency by ${name}](performance/${name}-latency.svg) ![Memory by ${name}](performance/${name}-memory.svg)`,
  )
  .join('\n\n')}
`;
}

/** Other programs take turns with what is measured; then times and ratios say little. */
function busy({ loadBefore, cores }) {
  if (loadBefore <= cores / 2) return '';
  return `**Other programs kept this machine busy (a load of ${loadBefore} on ${cores} cores before the start). Times, rates and their ratios in
this page say little; memory does. Measure again on a machine that is idle.**

`;
}

function callRows(row) {
  const { behind, era, mode, concurrency, size, servers, targets } = row;
  const revision = era === 'modern' ? '2026-07-28' : '2025-11-25';
  const server = servers === 1 ? behind : `${servers.toLocaleString('en')} x ${behind}`;
  const tool = mode === 'direct' ? '`echo__echo`' : '`execute_tool`';
  return targets.map(({ target, perSecond, ratio, p50Ms, p99Ms, cpuUs, loadedMb }, at) => {
    const what = at === 0 ? [server, revision, tool, concurrency, sizeName(size)] : ['', '', '', '', ''];
    const figures = [
      perSecond.toFixed(0),
      ratio.toFixed(2),
      p50Ms.toFixed(3),
      p99Ms.toFixed(2),
      cpuUs.toFixed(0),
      loadedMb.toFixed(0),
    ];
    return `| ${[...what, LABELS[target] ?? target, ...figures].join(' | ')} |`;
  });
}

/** Gateways of others, where they were measured. */
function peersPart(rows = []) {
  if (rows.length === 0) return '';
  return `## Next to other gateways

Programs of others with a token, a list of 50 names and their audit log on, in the same rounds; ours shows its tools under their own names as they do.

${CALLS_HEAD}
${rows.flatMap(callRows).join('\n')}

`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = new URL('../../../', import.meta.url);
  writePages(root, JSON.parse(readFileSync(new URL('bench/results/performance.json', root), 'utf8')));
}
