/**
 * Loaded into a process that is measured (`node --import`). On SIGUSR2 it writes what the process needs in memory, before and after
 * a garbage collection where `--expose-gc` is given, and the longest pause of its event loop since the last time.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const out = new URL(import.meta.url).searchParams.get('out');
const watched = new URL(import.meta.url).searchParams.has('pauses')
  ? monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  : undefined;
watched?.enable();

process.on('SIGUSR2', () => {
  const before = process.memoryUsage();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const pauseMs = watched === undefined ? undefined : Math.max(0, watched.max / 1e6 - RESOLUTION_MS);
  const p999Ms = watched === undefined ? undefined : Math.max(0, watched.percentile(99.9) / 1e6 - RESOLUTION_MS);
  watched?.reset();
  const usedBefore = before.heapUsed + before.external;
  writeFileSync(out, JSON.stringify({ usedBefore, rss, heapUsed, external, pauseMs, p999Ms }));
});
