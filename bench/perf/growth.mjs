/** How latency and memory grow with servers, tools, agents and sessions: all points of one dimension in the same rounds. */
import { AGENT, openSession, post, serversOf, startGateway } from './gateway.mjs';
import { makeProbe } from './probed.mjs';
import { startPeer } from './processes.mjs';
import { rounds as runRounds } from './rounds.mjs';
import { summary } from './statistics.mjs';

const CONCURRENCY = 16;

/** What each dimension counts, and how a gateway with so many is set up. */
export const DIMENSIONS = {
  servers: {
    points: [1, 10, 100, 1000],
    setup: (count, { url }) => ({ servers: serversOf({ behind: 'http', url, count }) }),
  },
  tools: {
    points: [10, 100, 1000, 10_000],
    setup: (_count, { url }) => ({ servers: serversOf({ behind: 'http', url }) }),
  },
  agents: {
    points: [1, 10, 100, 1000],
    setup: (count, { url }) => ({ servers: serversOf({ behind: 'http', url }), agents: count }),
  },
  sessions: {
    points: [1, 100, 1000, 10_000],
    setup: (_count, { url }) => ({ servers: serversOf({ behind: 'http', url }) }),
  },
};

/**
 * @param {keyof typeof DIMENSIONS} name
 * @returns per point: calls, latency and processor time at 16 calls at one time, and memory after a garbage collection
 */
export async function measureGrowth(name, options, only) {
  const { points, setup } = DIMENSIONS[name];
  const era = name === 'sessions' ? 'legacy' : 'modern';
  const started = [];
  const lanes = [];
  const memory = [];
  try {
    for (const count of only ?? points) {
      const echo = await startPeer('echo-http', '--era', era, '--tools', name === 'tools' ? count : 1);
      started.push(echo);
      const probe = makeProbe();
      const gateway = await startGateway({ ...setup(count, echo), node: probe.node });
      started.push({ stop: () => gateway.stop().finally(probe.remove) });
      const { url, token, pids } = gateway;
      if (era === 'modern') await listEverything(url, token, name === 'servers' ? count : 1);
      const sessions = era === 'legacy' ? await openIdle(url, token, count) : undefined;
      memory.push(await probe.ask(pids[0]));
      const target = { url, token, sessions, era, mode: 'execute', server: 'echo', agent: AGENT, size: 64 };
      lanes.push({ name: String(count), concurrency: CONCURRENCY, pids, target });
    }
    const { rows } = await runRounds(lanes, options);
    return rows.map((row, at) => {
      const { perSecond, p50Ms, p99Ms, cpuUs } = summary(row);
      return {
        count: Number(row.name),
        perSecond,
        p50Ms,
        p99Ms,
        cpuUs,
        rssMb: memory[at].rssMb,
        heapMb: memory[at].heapMb,
      };
    });
  } finally {
    for (const made of started.reverse()) await made.stop();
  }
}

/** Makes the gateway ask every server for its tools. */
async function listEverything(url, token, servers) {
  const target = { url, token, era: 'modern' };
  const call = async (name, args) => {
    const { text } = await post(target, 'tools/call', { name, arguments: { agent_id: AGENT, ...args } }, 1);
    return JSON.parse(text).result.content[0].text;
  };
  for (let at = 0; at < servers; at++) {
    const listed = await call('get_server_tools', { server: at === 0 ? 'echo' : `echo-${at}`, detail: 'names' });
    if (!listed.includes('echo')) throw new Error(`a server is not listed: ${listed.slice(0, 300)}`);
  }
}

/** Sessions that nobody uses, and a few that the load uses. */
async function openIdle(url, token, count) {
  const ids = [];
  while (ids.length < count) {
    const batch = Math.min(16, count - ids.length);
    ids.push(...(await Promise.all(Array.from({ length: batch }, () => openSession(url, token)))));
  }
  return ids.slice(-4);
}

/** MB that each further one needs, between the first and the last point. */
export function slopeMb(points, field = 'rssMb') {
  const [first, last] = [points[0], points.at(-1)];
  return (last[field] - first[field]) / (last.count - first.count);
}
