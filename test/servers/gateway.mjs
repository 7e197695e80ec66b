/** The built gateway over stdio, with a home of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const REQUEST_MS = 120_000;

/**
 * Opens a session of 2025-11-25.
 * @param {{key: string, entry: object}[]} servers
 * @param {string[]} more arguments of `serve`
 */
export async function openGateway(servers, more = []) {
  const home = mkdtempSync(path.join(tmpdir(), 'gateway-others-'));
  const gateway = startGateway(home, servers, more);
  await gateway.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'servers', version: '1' },
  });
  gateway.notify('notifications/initialized');
  return gateway;
}

function startGateway(home, servers, more) {
  const files = { servers: path.join(home, 'mcp.json'), rules: path.join(home, 'rules.json') };
  writeFileSync(
    files.servers,
    JSON.stringify({ mcpServers: Object.fromEntries(servers.map(({ key, entry }) => [key, entry])) }),
  );
  writeFileSync(files.rules, JSON.stringify({ agents: { default: { allow: { servers: ['*'] } } } }));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
    GATEWAY_KEYCHAIN: '0',
  };
  const args = ['serve', '--mcp-config', files.servers, '--rules', files.rules, '--init-strategy', 'lazy', ...more];
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd: home, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const waiting = new Map();
  let newest = 0;
  child.stderr.resume();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return {
    notify: (method) => send({ method }),
    request: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++newest;
        const timer = setTimeout(() => reject(new Error(`No answer to ${method} in time.`)), REQUEST_MS);
        waiting.set(id, (message) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(
            message.result ?? { isError: true, content: [{ type: 'text', text: JSON.stringify(message.error) }] },
          );
        });
        send({ id, method, params });
      }),
    status() {
      const { stdout } = spawnSync(process.execPath, [MAIN, 'servers', 'status', '--json'], {
        env,
        cwd: home,
        encoding: 'utf8',
      });
      return JSON.parse(stdout).flatMap((one) => one.servers ?? []);
    },
    stop: async () => {
      child.stdin.end();
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
