/** Measures one scenario: starts what it needs, measures, stops it. */
import { AGENT, openSession, serversOf, startGateway, startSdkGateway } from './gateway.mjs';
import { startPeer } from './processes.mjs';
import { rounds as runRounds } from './rounds.mjs';

/** Sessions of the 2025 revisions that the connections of a measurement share. */
const SESSIONS = 4;

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.seconds of each
 * @param {('floor' | 'gateway' | 'other' | 'workers' | 'sdk')[]} [options.targets]
 * @param {string[]} [options.node] arguments of node for the gateway
 * @param {string} [options.other] main.js of another build
 * @returns per target the rounds, and what its processes need in memory
 */
export async function measure(scenario, { rounds, seconds, targets = ['floor', 'gateway'], node = [], other }) {
  const started = [];
  try {
    const context = { started, node, other, echo: undefined };
    if (scenario.behind === 'http') context.echo = await keep(started, startPeer('echo-http', '--era', scenario.era));
    const lanes = [];
    for (const name of targets)
      lanes.push({ name, concurrency: scenario.concurrency, ...(await TARGETS[name](scenario, context)) });
    return { scenario, ...(await runRounds(lanes, { rounds, seconds })) };
  } finally {
    for (const made of started.reverse()) await made.stop();
  }
}

async function keep(started, starting) {
  const made = await starting;
  started.push(made);
  return made;
}

/** How each target is started, and what the load generator sends to it. */
const TARGETS = {
  async floor({ behind, era, size }, { started, echo }) {
    const starting = behind === 'http' ? startPeer('proxy', '--to', echo.url) : startPeer('bridge', '--era', era);
    const { url, pids } = await keep(started, starting);
    return { pids, target: { url, era, mode: 'plain', size } };
  },
  gateway: (scenario, context) => ours(scenario, context, []),
  other: (scenario, context) => ours(scenario, context, [], context.other),
  workers: (scenario, context) => ours(scenario, context, ['--workers', '2']),
  async sdk({ behind, era, size }, { started, echo }) {
    const { url, token, pids } = await keep(started, startSdkGateway({ behind, era, url: echo?.url }));
    return { pids, target: { url, token, era, mode: 'execute', server: 'echo', agent: AGENT, size } };
  },
};

async function ours({ behind, era, mode, size, servers }, { started, node, echo }, args, main) {
  const entries = serversOf({ behind, era, url: echo?.url, count: servers });
  const view = mode === 'direct' ? ['--expose', 'direct'] : [];
  const setup = { servers: entries, args: [...view, ...args], node, main };
  const { url, token, pids } = await keep(started, startGateway(setup));
  const sessions = era === 'legacy' ? await openSessions(url, token, SESSIONS) : undefined;
  return { pids, target: { url, token, sessions, era, mode, server: 'echo', agent: AGENT, size } };
}

export function openSessions(url, token, count) {
  return Promise.all(Array.from({ length: count }, () => openSession(url, token)));
}
