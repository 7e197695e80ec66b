/**
 * What `npm run demo` runs, from a fresh clone on: installs what is missing, builds, and shows what the gateway does.
 * Arguments are handed on: `npm run --silent demo -- --json`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is not the demo's own output goes to stderr, and only where it takes long or goes wrong. */
function npm(args, { quiet }) {
  process.stderr.write(`npm ${args.join(' ')} ...\n`);
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}npm ${args.join(' ')} failed (${status ?? 'not started'})\n`);
  process.exit(1);
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

const installed = modified(path.join(root, 'node_modules', '.package-lock.json'));
if (installed < modified(path.join(root, 'package-lock.json')))
  npm(['ci', '--no-audit', '--no-fund'], { quiet: false });
npm(['run', 'build'], { quiet: true });

// The demo stops what it started when it is interrupted: wait for it.
process.on('SIGINT', () => undefined);
const { status } = spawnSync(process.execPath, [path.join(root, 'dist', 'main.js'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
