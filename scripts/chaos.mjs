/** `npm run test:chaos`: the whole chaos suite, one scenario at a time. `--soak [minutes]`: churn for so long, 30 minutes by default. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const soak = process.argv.indexOf('--soak');
const minutes = soak < 0 ? undefined : (process.argv[soak + 1] ?? '30');
const env = { ...process.env, ...(minutes === undefined ? { CHAOS: 'full' } : { SOAK_MINUTES: minutes }) };
const files = minutes === undefined ? 'test/chaos' : 'test/chaos/soak.test.ts';
const windows = process.platform === 'win32';
const { status } = spawnSync(
  path.join(root, 'node_modules/.bin/vitest'),
  ['run', '--project', 'e2e', '--no-file-parallelism', files],
  { cwd: root, env, stdio: 'inherit', shell: windows },
);
process.exit(status ?? 1);
