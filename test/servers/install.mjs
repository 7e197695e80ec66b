/** Installs what list.mjs names, once for each set of pinned versions. Needs npm, Python 3 and their registries. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

function run(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  const said = error?.message ?? `${stdout}${stderr}`.split('\n').slice(-20).join('\n');
  throw new Error(`${command} ${args.join(' ')} failed:\n${said}`);
}

/** @returns a folder that `make` has filled; one that it has not finished is begun anew. */
function once(name, pins, make) {
  const digest = createHash('sha256').update(JSON.stringify(pins)).digest('hex').slice(0, 12);
  const folder = path.join(tmpdir(), 'agent-mcp-gateway-servers', `${name}-${digest}`);
  const done = path.join(folder, 'installed');
  if (existsSync(done)) return folder;
  process.stderr.write(`installing ${name}: ${pins.join(' ')}\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make(folder);
  writeFileSync(done, '');
  return folder;
}

/** @returns the folder with all packages of npm. */
export function installNpm(servers) {
  const pins = [
    ...new Set(servers.filter(({ from }) => from === 'npm').map(({ name, version }) => `${name}@${version}`)),
  ];
  return once('npm', pins.sort(), (folder) => {
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...pins], folder);
  });
}

/** @returns the folder with the programs of a Python environment. */
export function installPython(name, pins) {
  const folder = once(name, pins, (made) => {
    run('python3', ['-m', 'venv', made], made);
    run(path.join(made, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...pins], made);
  });
  return path.join(folder, 'bin');
}

/** The script that a package of npm starts. */
export function binOf(folder, name) {
  const root = path.join(folder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return path.join(root, typeof bin === 'string' ? bin : Object.values(bin)[0]);
}
