/** What we aim at, and whether these results reach it. */
import { slopeMb } from '../growth.mjs';

const find = (calls, wanted) =>
  calls.find((row) =>
    Object.entries({
      behind: 'http',
      era: 'modern',
      mode: 'execute',
      concurrency: 16,
      size: 64,
      servers: 1,
      ...wanted,
    }).every(([key, value]) => row[key] === value),
  );
const of = (row, name) => row?.targets.find(({ target }) => target === name);

/** @returns rows of what, the limit, what was measured, and whether that reaches it. */
export function targetRows({ calls, start, idle, pauses, growth }) {
  const rows = [];
  const atMost = (what, limit, value, unit, digits = 2) =>
    rows.push([what, `at most ${limit}${unit}`, `${value.toFixed(digits)}${unit}`, value <= limit]);
  const atLeast = (what, limit, value, unit, digits = 2) =>
    rows.push([what, `at least ${limit.toFixed(digits)}${unit}`, `${value.toFixed(digits)}${unit}`, value >= limit]);

  for (const [name, wanted, share, floor] of [
    ['HTTP to HTTP', {}, 0.35, 'relay'],
    ['HTTP to stdio', { behind: 'stdio' }, 0.4, 'bridge'],
  ]) {
    const row = find(calls, wanted);
    const raw = of(row, 'raw');
    if (raw === undefined) continue;
    atLeast(
      `${name}, 16 at one time: calls/s of a ${floor} of raw sockets`,
      share,
      of(row, 'gateway').perSecond / raw.perSecond,
      ' x',
    );
    const { p50Ms, p99Ms } = of(row, 'gateway');
    atMost(`${name}, 16 at one time: p99 of p50`, 2.5, p99Ms / p50Ms, ' x');
  }
  atMost(
    '4 KB results: processor time of 64 bytes',
    1.15,
    of(find(calls, { size: 4096 }), 'gateway').cpuUs / of(find(calls, {}), 'gateway').cpuUs,
    ' x',
  );
  const single = find(calls, { concurrency: 1 });
  atMost(
    'HTTP to HTTP, one at a time: p50 over the bare proxy',
    0.12,
    of(single, 'gateway').p50Ms - of(single, 'floor').p50Ms,
    ' ms',
  );
  atLeast(
    '256 KB results: bytes/s of the bare proxy',
    0.35,
    of(find(calls, { size: 256 * 1024 }), 'gateway').ratio,
    ' x',
  );
  atMost('2 MB results: longest pause of the event loop, median of the rounds', 20, pauses.gateway.medianMs, ' ms', 1);
  const compared = find(calls, {});
  atLeast(
    'calls/s of a gateway made of the official SDK',
    10,
    of(compared, 'gateway').perSecond / of(compared, 'sdk').perSecond,
    ' x',
    1,
  );
  const workers = of(compared, 'workers');
  if (workers !== undefined)
    atMost(
      'two workers: processor time per call of one process',
      1.2,
      workers.cpuUs / of(compared, 'gateway').cpuUs,
      ' x',
    );
  atMost('stdio: `initialize` answered, of `node -e 0`', 2.2, start.initializeRatio, ' x');
  atMost('first result of a lazy HTTP server, of `node -e 0`', 4, start.firstResultRatio, ' x');
  atMost('memory at rest over bare Node', 35, idle.gatewayMb - idle.bareMb, ' MB', 0);
  atMost(
    'memory under load (64 at one time) over bare Node',
    90,
    of(find(calls, { concurrency: 64 }), 'gateway').loadedMb - idle.bareMb,
    ' MB',
    0,
  );
  atMost('memory of an idle session', 12, slopeMb(growth.sessions) * 1024, ' KB', 1);
  atMost('1,000 servers: change of p50', 10, change(growth.servers), ' %', 0);
  atMost('10,000 tools: change of p50', 10, change(growth.tools), ' %', 0);
  return rows;
}

/** Per cent that the last point is slower than the first. */
function change(points) {
  return (points.at(-1).p50Ms / points[0].p50Ms - 1) * 100;
}
