/** Prints the tables of docs/scaling.md, On paper: what so many callers need, by the costs in costs.json. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { MOST_USE, plan } from './plan.mjs';

const costs = JSON.parse(readFileSync(new URL('costs.json', import.meta.url), 'utf8'));
const CROWDS = [10_000, 100_000, 1_000_000];
const EVERY = [60, 10];

const count = (number) => Math.round(number).toLocaleString('en-US');
const percent = (part) => `${Math.round(part * 100)} %`;
const ms = (number) => (number < 10 ? number.toFixed(1) : Math.round(number));

const lines = [
  '| callers, each with a call in | calls/s | replicas | work | p50, p99 in ms | with a store: replicas | shards | work of a shard | p50, p99 in ms |',
  '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
];
for (const callers of CROWDS) {
  for (const everySeconds of EVERY) {
    const alone = plan(costs, { callers, everySeconds, usesStore: false });
    const shared = plan(costs, { callers, everySeconds, usesStore: true });
    const cells = [
      `${count(callers)}, ${everySeconds} s`,
      count(alone.perSecond),
      ...[alone.replicas, percent(alone.replicaUse), `${ms(alone.p50)}, ${ms(alone.p99)}`],
      ...[shared.replicas, shared.shards, percent(shared.storeUse), `${ms(shared.p50)}, ${ms(shared.p99)}`],
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
}
const one = (use, cost) => count((use * 1000) / cost);
process.stdout.write(`${lines.join('\n')}

At ${percent(MOST_USE)} of its time, a replica carries ${one(MOST_USE, costs.callMs)} calls/s (${one(MOST_USE, costs.callMsWithStore)} with a store), and a store ${one(MOST_USE, costs.opMs * costs.opsPerCall)} calls/s.
`);
