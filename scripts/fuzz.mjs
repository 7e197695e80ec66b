/** `npm run test:fuzz [-- SECONDS]`: changed messages from both sides for ten minutes. FUZZ_SEED repeats a run, or one message of it. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(path.join(root, 'node_modules/.bin/vitest'), ['run', '--project', 'e2e', 'test/fuzz'], {
  cwd: root,
  env: { FUZZ_SECONDS: process.argv[2] ?? '600', ...process.env },
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exit(status ?? 1);
