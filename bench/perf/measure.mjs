/** Measures one scenario: starts what it needs, measures, stops it. */
import { AGENT, openSession, serversOf, startGateway, startSdkGateway } from './gateway.mjs';
import { startOther } from './others.mjs';
import { startPeer } from './processes.mjs';
import { rounds as runRounds } from './rounds.mjs';

/** Sessions of the 2025 revisions that the connections of a measurement share. */
const SESSIONS = 4;

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {object} options
 * @param {number} options.rounds
 * @param {number} options.seconds of each
 * @param {('raw' | 'floor' | 'gateway' | 'other' | 'workers' | 'sdk')[]} [options.targets]
 * @param {string[]} [options.node] arguments of node for the gateway
 * @param {string} [options.other] main.js of another build
 * @param {ReturnType<typeof import('./others.mjs').othersIn>} [options.others] programs of `othersIn`, measured in the same rounds
 * @returns per target the rounds, and what its processes need in memory
 */
export async function measure(
  scenario,
  { rounds, seconds, targets = ['floor', 'gateway'], node = [], other, others = [] },
) {
  const started = [];
  try {
    const context = { started, node, other, echo: undefined };
    if (scenario.behind === 'http') context.echo = await keep(started, startPeer('echo-http', '--era', scenario.era));
    const lanes = [];
    for (const name of targets)
      lanes.push({ name, concurrency: scenario.concurrency, ...(await TARGETS[name](scenario, context)) });
    for (const each of others.filter(({ eras }) => eras.includes(scenario.era))) {
      const { pids, target } = await keep(started, startOther(each, scenario, context.echo));
      lanes.push({ name: each.name, concurrency: scenario.concurrency, pids, target });
    }
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
  raw: (scenario, context) => plain(scenario, context, { http: 'relay', stdio: 'raw-bridge' }),
  floor: (scenario, context) => plain(scenario, context, { http: 'proxy', stdio: 'bridge' }),
  gateway: (scenario, context) => ours(scenario, context, []),
  other: (scenario, context) => ours(scenario, context, [], context.other),
  workers: (scenario, context) => ours(scenario, context, ['--workers', '2']),
  async sdk({ behind, era, size }, { started, echo }) {
    const { url, token, pids } = await keep(started, startSdkGateway({ behind, era, url: echo?.url }));
    return { pids, target: { url, token, era, mode: 'execute', server: 'echo', agent: AGENT, size } };
  },
};

/** What decides nothing and records nothing. @param {Record<'http' | 'stdio', string>} scripts by what the server speaks */
async function plain({ behind, era, size }, { started, echo }, scripts) {
  const own = behind === 'http' ? ['--to', echo.url] : ['--era', era];
  const { url, pids } = await keep(started, startPeer(scripts[behind], ...own));
  return { pids, target: { url, era, mode: 'plain', size } };
}

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
