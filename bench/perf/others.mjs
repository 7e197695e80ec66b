/** Gateways of others, as programs in a folder (`--peers`): started with a configuration that does what ours does, as far as they can. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openSession, post, serversOf } from './gateway.mjs';
import { exited } from './processes.mjs';

const START_MS = 15_000;
const SESSIONS = 4;

/**
 * What is known of each program, by the name of its file.
 * @typedef {object} Other
 * @property {(setup: {entry: object, port: number, token: string}) => string} config text of its configuration
 * @property {(file: string) => string[]} args that name the file
 * @property {string} path at which it answers
 * @property {readonly ('legacy' | 'modern')[]} eras of the servers that it can reach
 * @property {'plain' | 'direct'} mode under which name it shows the tool `echo`
 */

/** @type {Readonly<Record<string, Other>>} */
const OTHERS = {
  /** https://crates.io/crates/mcp-proxy */
  'mcp-proxy': {
    config: ({ entry, port, token }) => {
      const names = (prefix) => JSON.stringify(['echo', ...Array.from({ length: 49 }, (_, at) => `${prefix}_${at}`)]);
      const { url, command, args } = entry;
      const server =
        url === undefined
          ? `transport = "stdio"\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}`
          : `transport = "http"\nurl = ${JSON.stringify(url)}`;
      return `[proxy]
name = "bench"
separator = "__"
[proxy.listen]
host = "127.0.0.1"
port = ${port}
[auth]
type = "bearer"
tokens = [${JSON.stringify(token)}]
[observability]
audit = true
json_logs = true
[[backends]]
name = "echo"
${server}
expose_tools = ${names('read')}
`;
    },
    args: (file) => ['--config', file],
    path: '/',
    eras: ['legacy'],
    mode: 'direct',
  },
};

/** The programs in a folder that are known. */
export function othersIn(folder) {
  return Object.entries(OTHERS)
    .map(([name, { eras }]) => ({ name, eras, program: resolve(folder, name) }))
    .filter(({ program }) => existsSync(program));
}

/**
 * Starts one; what it writes of its calls goes to a file, as our audit does.
 * @param {{name: string, program: string}} other of othersIn
 * @returns the lane's processes and target, and how to stop it
 */
export async function startOther({ name, program }, { behind, era, size }, echo) {
  const { config, args, path, mode } = OTHERS[name];
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const token = randomBytes(32).toString('base64url');
  const port = await freePort();
  const file = join(dir, 'config');
  writeFileSync(file, config({ entry: serversOf({ behind, era, url: echo?.url }).echo, port, token }));
  const log = openSync(join(dir, 'log'), 'w');
  const child = spawn(program, args(file), { cwd: dir, stdio: ['ignore', log, log] });
  const target = { url: `http://127.0.0.1:${port}${path}`, token, era, mode, server: 'echo', size };
  const stop = async () => {
    child.kill('SIGTERM');
    await exited(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await answering(child, target);
    const opened = Array.from({ length: era === 'legacy' ? SESSIONS : 0 }, () => openSession(target.url, token));
    const sessions = era === 'legacy' ? await Promise.all(opened) : undefined;
    return { pids: [child.pid], target: { ...target, sessions }, stop };
  } catch (error) {
    await stop();
    throw new Error(`${name} does not answer as it should: ${error.message}`, { cause: error });
  }
}

/** Resolves once the program lists the tool. */
async function answering(child, target) {
  const until = performance.now() + START_MS;
  for (;;) {
    try {
      if (target.era === 'legacy') return void (await openSession(target.url, target.token));
      const { text } = await post(target, 'tools/list', {}, '1');
      if (text.includes('echo')) return;
      throw new Error(text);
    } catch (error) {
      if (performance.now() > until || child.exitCode !== null) throw error;
      await pause(50);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
