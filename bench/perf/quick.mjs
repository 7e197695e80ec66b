/** `npm run bench:quick`: the path of a call against its floors. Options: see bench/README.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';
import { othersIn } from './others.mjs';
import { printProfile, readProfile } from './profile.mjs';
import { say } from './say.mjs';
import { QUICK, scenario } from './scenarios.mjs';
import { summarise } from './statistics.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    behind: { type: 'string' },
    era: { type: 'string' },
    mode: { type: 'string' },
    concurrency: { type: 'string' },
    size: { type: 'string' },
    servers: { type: 'string' },
    raw: { type: 'boolean', default: false },
    sdk: { type: 'boolean', default: false },
    workers: { type: 'boolean', default: false },
    against: { type: 'string' },
    peers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.6' },
    json: { type: 'string' },
    profile: { type: 'boolean', default: false },
    top: { type: 'string', default: '40' },
  },
});

function chosen() {
  const { behind, era, mode } = values;
  const numbers = Object.fromEntries(
    ['concurrency', 'size', 'servers'].flatMap((name) => (values[name] ? [[name, Number(values[name])]] : [])),
  );
  const own = { ...(behind && { behind }), ...(era && { era }), ...(mode && { mode }), ...numbers };
  if (Object.keys(own).length > 0) return [scenario(own)];
  return QUICK.filter(({ name }) => values.only === undefined || values.only.some((part) => name.includes(part)));
}

const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const others = values.peers === undefined ? [] : othersIn(values.peers);
const targets = [
  ...(values.raw ? ['raw'] : []),
  'floor',
  'gateway',
  ...(values.against === undefined ? [] : ['other']),
  ...(values.workers ? ['workers'] : []),
  ...(values.sdk ? ['sdk'] : []),
];

if (values.profile) {
  const [first = scenario()] = chosen();
  const dir = mkdtempSync(join(tmpdir(), 'gateway-profile-'));
  const node = ['--cpu-prof', `--cpu-prof-dir=${dir}`, '--cpu-prof-interval', '200'];
  const { began } = await measure(first, { rounds, seconds, node, targets: ['gateway'] });
  say(`${first.name}: self time of the gateway while it was called\n`);
  printProfile(readProfile(dir, began), Number(values.top));
  rmSync(dir, { recursive: true, force: true });
} else {
  const results = [];
  say(`${'scenario'.padEnd(34)}target      calls/s  ratio   p50 ms   p99 ms  CPU us  idle MB  loaded MB`);
  for (const each of chosen()) {
    const result = summarise(await measure(each, { rounds, seconds, targets, other: values.against, others }));
    results.push(result);
    for (const [at, row] of result.targets.entries()) say(line(at === 0 ? result.name : '', row));
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

function line(name, { target, perSecond, ratio, p50Ms, p99Ms, cpuUs, idleMb, loadedMb }) {
  const cells = [
    perSecond.toFixed(0).padStart(8),
    (ratio?.toFixed(2) ?? '').padStart(7),
    p50Ms.toFixed(3).padStart(9),
    p99Ms.toFixed(3).padStart(9),
    cpuUs.toFixed(0).padStart(8),
    idleMb.toFixed(0).padStart(9),
    loadedMb.toFixed(0).padStart(11),
  ];
  return name.padEnd(34) + target.padEnd(10) + cells.join('');
}
