/** docs/performance.md: what a user wants to know, in a few figures. */
import { slopeMb } from '../growth.mjs';
import { targetRows } from './targets.mjs';

export function summaryPage(results) {
  const { conditions, calls, start, idle, growth } = results;
  const alone = { http: callOf(calls, 'http', 1), stdio: callOf(calls, 'stdio', 1) };
  const busy = { http: callOf(calls, 'http', 64), stdio: callOf(calls, 'stdio', 64) };
  const kb = (points) => (slopeMb(points) * 1024).toFixed(0);
  const missed = targetRows(results).filter(([, , , isReached]) => !isReached);
  return `# Performance

A call through the gateway takes about ${added(alone.http)} ms longer than through a bare proxy. A model takes thousands of times longer to ask for it.

| | |
|---|---|
| one call, server over HTTP | ${of(alone.http).p50Ms.toFixed(2)} ms, ${added(alone.http)} ms of it for the gateway |
| one call, program over stdio | ${of(alone.stdio).p50Ms.toFixed(2)} ms, ${added(alone.stdio)} ms of it for the gateway |
| calls per second on one core, HTTP | ${count(of(busy.http).perSecond)} |
| calls per second on one core, stdio | ${count(of(busy.stdio).perSecond)} |
| start, until a client over stdio has its first answer | ${start.initializeMs.toFixed(0)} ms, where \`node -e 0\` takes ${start.bareMs.toFixed(0)} ms |
| memory at rest | ${idle.gatewayMb.toFixed(0)} MB, where a bare Node has ${idle.bareMb.toFixed(0)} MB |

This is the whole path: token, rules of 20 agents, two audit records per call. The machine has ${conditions.cores} cores (${conditions.cpu}), and the load
generator and the servers share them. Measured on ${conditions.date}; [all figures](performance-data.md).

## How it grows

| one more | memory |
|---|---:|
| session at rest | ${kb(growth.sessions)} KB |
| server over HTTP, connected, with one tool | ${kb(growth.servers)} KB |
| 1,000 tools | ${(slopeMb(growth.tools) * 1000).toFixed(1)} MB |
| agent with 50 patterns | ${kb(growth.agents)} KB |

The number of servers and tools hardly changes how long a call takes:

![Latency of a call by the number of servers](performance/servers-latency.svg) ![Latency of a call by the number of tools](performance/tools-latency.svg)

## When one core is not enough

[Workers](operations.md#more-than-one-core) share the work of one gateway. They help when many callers keep one core busy; below that, they only cost
memory. Look at \`process_cpu_seconds_total\` in the [metrics](reference/metrics.md) first.

Slow calls are mostly slow servers: the [audit log](audit.md) has the duration of every call, and \`agent-mcp-gateway audit stats\` sums it up.

## What we aim at and have not reached

We compare with bare proxies and with raw sockets, which decide nothing and record nothing. These aims are open; the others are [reached](performance-data.md#what-we-aim-at).

| | aim | measured |
|---|---:|---:|
${missed.map(([what, limit, value]) => `| ${what} | ${limit} | ${value} |`).join('\n')}

## Measure it yourself

\`\`\`sh
npm ci
npm run bench         # everything; writes this page
npm run bench:quick   # the path of a call, in less than two minutes
\`\`\`

Linux only: processor time and memory are read from \`/proc\`. Leave the machine alone meanwhile. Options are in
[bench/README.md](../bench/README.md).
`;
}

/** The row of small results of the newest revision, called through \`execute_tool\`. */
function callOf(calls, behind, concurrency) {
  return calls.find(
    (row) =>
      row.behind === behind &&
      row.concurrency === concurrency &&
      row.era === 'modern' &&
      row.mode !== 'direct' &&
      row.size === 64 &&
      row.servers === 1,
  );
}

function of(row, target = 'gateway') {
  return row.targets.find((one) => one.target === target);
}

function added(row) {
  return (of(row).p50Ms - of(row, 'floor').p50Ms).toFixed(2);
}

/** To three digits: more of them say nothing. */
function count(value) {
  return Number(value.toPrecision(3)).toLocaleString('en');
}
