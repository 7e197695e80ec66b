/** Starts the fixture and the gateway for a run, each in a home of its own, and stops them again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const MAIN = process.env.CONFORMANCE_MAIN ?? path.join(root, 'dist/main.js');
export const FIXTURE = path.join(root, 'test/fixtures/conformance-server.mjs');
const START_MS = 20_000;
/** The gateway's own limit for running calls is ten seconds. */
const STOP_MS = 20_000;

/** What a process says before it can be used. @throws Error with its last lines where it ends or is late */
async function firstMatch(child, stream, pattern, name) {
  const lines = [];
  const found = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not start in time:\n${lines.join('\n')}`)), START_MS);
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 50) lines.shift();
      const match = pattern.exec(line);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`${name} ended:\n${lines.join('\n')}`));
    });
  });
  return { value: await found, lines };
}

export async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** @param {'legacy' | 'modern' | 'dual'} generation */
export async function startFixture(generation) {
  const child = spawn(process.execPath, [FIXTURE, generation, 'http'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { value } = await firstMatch(child, child.stdout, /^(\d+)$/, 'The fixture');
  return { url: `http://127.0.0.1:${value}/mcp`, stop: () => stopChild(child) };
}

/** The entry of the servers file for a fixture over stdio. */
export const stdioEntry = (generation) => ({ command: process.execPath, args: [FIXTURE, generation, 'stdio'] });

/** A directory with the two files of a gateway that has one server, for an agent that may use everything. */
export function makeHome(name, entry) {
  const dir = mkdtempSync(path.join(tmpdir(), 'gateway-conformance-'));
  const cwd = path.join(dir, 'work');
  mkdirSync(cwd);
  const servers = path.join(dir, 'servers.json');
  const rules = path.join(dir, 'rules.json');
  writeFileSync(servers, JSON.stringify({ mcpServers: { [name]: entry } }));
  writeFileSync(rules, JSON.stringify({ agents: { tester: { allow: { servers: ['*'] } } } }));
  return {
    cwd,
    args: [
      '--mcp-config',
      servers,
      '--rules',
      rules,
      '--audit-log',
      path.join(dir, 'audit.jsonl'),
      '--agent',
      'tester',
    ],
    env: { PATH: process.env.PATH ?? '', HOME: dir, XDG_CONFIG_HOME: dir, XDG_CACHE_HOME: dir, NO_COLOR: '1' },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** A gateway over HTTP. @param {readonly string[]} [more] further arguments */
export async function startGateway(name, entry, more = []) {
  const home = makeHome(name, entry);
  const args = [MAIN, 'serve', '--transport', 'http', '--port', '0', '--no-auth', ...home.args, ...more];
  const child = spawn(process.execPath, args, { cwd: home.cwd, env: home.env, stdio: ['ignore', 'ignore', 'pipe'] });
  const listening = /listening on (http:\/\/[^/\s"]+)/;
  try {
    const { value, lines } = await firstMatch(child, child.stderr, listening, 'The gateway');
    return {
      origin: value,
      lines,
      async stop() {
        await stopChild(child);
        home.remove();
      },
    };
  } catch (error) {
    home.remove();
    throw error;
  }
}
