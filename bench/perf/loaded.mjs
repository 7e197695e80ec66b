/** Loaded into a process whose program is measured (`node --import`). At its end it writes how many bytes of program it had loaded. */
import { statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const out = new URL(import.meta.url).searchParams.get('out');
const { cache } = createRequire(import.meta.url);

process.once('exit', () => {
  const bytes = Object.keys(cache).reduce((sum, file) => sum + statSync(file).size, 0);
  writeFileSync(out, String(bytes));
});
