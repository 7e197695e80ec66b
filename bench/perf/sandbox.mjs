/**
 * How much longer a server takes to start in a sandbox (docs/sandbox.md), without network and with named hosts, next to the same one without: from a
 * call to its result. `node bench/perf/sandbox.mjs [--rounds N] [--json]` after a build. Linux with bubblewrap only.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { MAIN, makeHome } from './gateway.mjs';
import { openPipes } from './pipes.mjs';
import { say } from './say.mjs';
import { median } from './statistics.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const folder = new URL('peers', import.meta.url).pathname;
const WALLS = {
  plain: {},
  sandbox: { sandbox: { read: [folder] } },
  hosts: { sandbox: { read: [folder], network: ['api.example.com'] } },
};
const kinds = Object.keys(WALLS);
const entry = { command: process.execPath, args: [`${folder}/echo-stdio.mjs`, '--era', 'legacy'] };
/** A server of each kind for each round: each is started once. The first ones find out whether there are sandboxes, which only happens once. */
const servers = Object.fromEntries(
  Array.from({ length: rounds + 1 }, (_, round) =>
    kinds.map((kind) => [`${kind}-${round}`, { ...entry, ...WALLS[kind] }]),
  ).flat(),
);
const home = makeHome({ servers, rules: { agents: { default: { allow: { servers: ['*'] } } } } });
const pipes = await openPipes(MAIN, { ...home, env: { ...home.env, GATEWAY_INIT_STRATEGY: 'lazy' } });
const samples = Object.fromEntries(kinds.map((kind) => [kind, []]));
for (let round = 0; round <= rounds; round++) {
  // In turn: none of them is always the first, or the one after a slow one.
  for (let at = 0; at < kinds.length; at++) {
    const kind = kinds[(round + at) % kinds.length];
    const began = performance.now();
    await pipes.tool('execute_tool', { server: `${kind}-${round}`, tool: 'echo', args: { text: 'x' } });
    if (round > 0) samples[kind].push(performance.now() - began);
  }
}
await pipes.close();

const figures = {};
for (const kind of kinds) figures[`${kind}_ms`] = rounded(median(samples[kind]));
for (const kind of kinds.slice(1)) {
  const more = samples[kind].map((ms, round) => ms - samples.plain[round]);
  figures[`${kind}_more_ms`] = rounded(median(more));
  figures[`${kind}_more_least_ms`] = rounded(Math.min(...samples[kind]) - Math.min(...samples.plain));
}
if (values.json) say(JSON.stringify(figures));
else for (const [name, value] of Object.entries(figures)) say(`${name.padEnd(24)}${value}`);

function rounded(value) {
  return Math.round(value * 10) / 10;
}
