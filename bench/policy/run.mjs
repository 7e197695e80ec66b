/** What decisions cost: `npm run bench:policy`. In microseconds, the argument text read once per decision. */
import process from 'node:process';
import { load } from '../bundle.mjs';

const { figures } = await load('bench/policy/measure.ts');
for (const [name, microseconds] of Object.entries(figures())) {
  process.stdout.write(`${name.padEnd(32)}${microseconds.toFixed(3)}\n`);
}
