/** The longest pauses of the event loop while results of 2 MB come through, next to the proxy's. */
import { AGENT, serversOf, startGateway } from './gateway.mjs';
import { makeProbe } from './probed.mjs';
import { startPeer, startProbedPeer } from './processes.mjs';
import { rounds as runRounds } from './rounds.mjs';
import { median } from './statistics.mjs';

const SIZE = 2 * 1024 * 1024;
const CONCURRENCY = 4;

/** @returns milliseconds per target: the median of the rounds' longest pauses, the longest of all, and the 99.9th percentile. */
export async function measurePauses({ rounds, seconds }) {
  const probes = { floor: makeProbe({ pauses: true }), gateway: makeProbe({ pauses: true }) };
  const echo = await startPeer('echo-http', '--era', 'modern');
  const started = [echo];
  try {
    const floor = await startProbedPeer('proxy', probes.floor.node, '--to', echo.url);
    started.push(floor);
    const gateway = await startGateway({
      servers: serversOf({ behind: 'http', url: echo.url }),
      node: probes.gateway.node,
    });
    started.push(gateway);
    const own = { server: 'echo', agent: AGENT, era: 'modern', size: SIZE };
    const lanes = [
      { name: 'floor', pids: floor.pids, concurrency: CONCURRENCY, target: { ...own, url: floor.url, mode: 'plain' } },
      {
        name: 'gateway',
        pids: gateway.pids,
        concurrency: CONCURRENCY,
        target: { ...own, url: gateway.url, token: gateway.token, mode: 'execute' },
      },
    ];
    const seen = { floor: [], gateway: [] };
    await runRounds(lanes, { rounds, seconds }, async ({ name, pids }, when) => {
      const report = await probes[name].ask(pids[0]);
      if (when === 'after') seen[name].push(report);
    });
    const of = (name) => ({
      medianMs: median(seen[name].map(({ pauseMs }) => pauseMs)),
      worstMs: Math.max(...seen[name].map(({ pauseMs }) => pauseMs)),
      p999Ms: median(seen[name].map(({ p999Ms }) => p999Ms)),
    });
    return { size: SIZE, concurrency: CONCURRENCY, floor: of('floor'), gateway: of('gateway') };
  } finally {
    for (const made of started.reverse()) await made.stop();
    for (const probe of Object.values(probes)) probe.remove();
  }
}
