/** Starts the servers that listen, and says how each of all is written into a servers file. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { binOf, installNpm, installPython } from './install.mjs';
import { PYTHON, SERVERS } from './list.mjs';

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));
const LISTENS_MS = 60_000;

/** A port of loopback that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

async function untilItListens(child, port, name) {
  const end = performance.now() + LISTENS_MS;
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`${name} does not listen:\n${child.said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The version that is pinned for a package. */
const versionOf = ({ name, version, environment }) =>
  version ?? PYTHON[environment].find((pin) => pin.startsWith(`${name}==`))?.split('==')[1];

/**
 * @param {string} home an empty folder: for what servers write
 * @returns every server with the entry of its own, and how to stop those that were started.
 */
export async function startServers(home) {
  const packages = installNpm(SERVERS);
  const bins = new Map(Object.entries(PYTHON).map(([name, pins]) => [name, installPython(name, pins)]));
  const children = [];
  const stop = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  const start = async (server, number) => {
    const key = `s${number}`;
    const folder = path.join(home, key);
    mkdirSync(folder);
    const port = server.transport === 'stdio' ? 0 : await freePort();
    const bin = bins.get(server.environment) ?? '';
    const fill = (text) =>
      text
        .replaceAll('{folder}', folder)
        .replaceAll('{port}', String(port))
        .replaceAll('{programs}', PROGRAMS)
        .replaceAll('{bin}', bin);
    const [program, ...own] =
      server.from === 'npm' ? [process.execPath, binOf(packages, server.name)] : server.command.map(fill);
    const command = server.from === 'npm' ? program : path.join(bin, program);
    const args = [...own, ...(server.args ?? []).map(fill)];
    const env = Object.fromEntries(Object.entries(server.env ?? {}).map(([name, value]) => [name, fill(value)]));
    const filled = JSON.parse(fill(JSON.stringify({ call: server.call ?? null, fails: server.fails ?? null })));
    const made = { ...server, ...filled, key, version: versionOf(server) };
    if (server.transport === 'stdio') return { ...made, entry: { command, args, env: { ...env, HOME: folder } } };
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        child.said = (child.said + chunk).slice(-4000);
      });
    }
    children.push(child);
    await untilItListens(child, port, `${server.name} ${made.version}`);
    return { ...made, entry: { url: `http://127.0.0.1:${port}${server.path ?? '/mcp'}` } };
  };
  try {
    return { servers: await Promise.all(SERVERS.map(start)), stop };
  } catch (error) {
    stop();
    throw error;
  }
}
