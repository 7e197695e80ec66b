/** Installs clients from their registries into a cache folder, the newest version of each. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

export const CACHE =
  process.env.CLIENTS_CACHE ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'agent-mcp-gateway-clients');

/** Runs a program to its end. @throws Error with the end of what it wrote */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.slice(-2000)}`);
  return output;
}

/** A folder of the cache. */
export function folder(name) {
  const dir = path.join(CACHE, name.replaceAll('/', '-').replaceAll('@', ''));
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** @returns the folder with `node_modules`, and the version of the first package */
export async function npm(...packages) {
  const dir = folder(`npm-${packages[0]}`);
  if (!existsSync(path.join(dir, 'package.json'))) writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');
  const wanted = packages.map((name) => (name.lastIndexOf('@') > 0 ? name : `${name}@latest`));
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...wanted], { cwd: dir });
  const first = packages[0].replace(/(.)@[^@/]*$/, '$1');
  const { version } = JSON.parse(readFileSync(path.join(dir, 'node_modules', first, 'package.json'), 'utf8'));
  return { dir, version, bin: (name) => path.join(dir, 'node_modules/.bin', name) };
}

const nodes = new Map();

/** The folder of a newer Node, for clients that need one; installed once. */
export function node(major) {
  if (!nodes.has(major)) {
    nodes.set(
      major,
      npm(`node@${major}`).then(({ dir }) => path.join(dir, 'node_modules/.bin')),
    );
  }
  return nodes.get(major);
}

/** @returns the interpreter of an environment of its own, and the version of the first package */
export async function python(...packages) {
  const dir = folder(`python-${packages[0]}`);
  const program = path.join(dir, 'bin/python');
  if (!existsSync(program)) await run('python3', ['-m', 'venv', dir]);
  await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--upgrade', ...packages]);
  const show = `import importlib.metadata as m; print(m.version(${JSON.stringify(packages[0])}))`;
  return { program, version: (await run(program, ['-c', show])).trim() };
}
