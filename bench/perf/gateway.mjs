/** The built gateway as users run it: token on, rules of 20 agents x 50 patterns, audit on. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestOf } from './load/requests.mjs';
import { exited, firstLine, workersOf } from './processes.mjs';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const SDK_GATEWAY = fileURLToPath(new URL('peers/sdk-gateway.mjs', import.meta.url));
const ECHO_STDIO = fileURLToPath(new URL('peers/echo-stdio.mjs', import.meta.url));
export const AGENT = 'agent-7';

/** Rules of so many agents, 50 patterns each: servers and tools, allowed and denied. @param limits of the one that calls */
export function rulesOf(agents, token, limits) {
  const patterns = (prefix, count) => Array.from({ length: count }, (_, at) => `${prefix}_${at}_*`);
  const entry = () => ({
    allow: { servers: ['echo*', ...patterns('team', 9)], tools: { 'echo*': ['echo', '*_*', ...patterns('read', 18)] } },
    deny: { servers: patterns('prod', 10), tools: { '*': patterns('drop', 10) } },
  });
  const named = Array.from({ length: agents }, (_, at) => [at === 0 ? AGENT : `other-${at}`, entry()]);
  if (limits !== undefined) named[0][1].limits = limits;
  return {
    agents: Object.fromEntries(named),
    principals: {
      bench: { token_sha256: createHash('sha256').update(token).digest('hex'), may_assume: ['*'], default: AGENT },
    },
  };
}

/** The load of `execute_tool` on a gateway with an `echo` server, for rounds.mjs. */
export function echoTarget({ url, token }) {
  return { url, token, era: 'modern', mode: 'execute', server: 'echo', agent: AGENT, size: 64 };
}

/** Server entries: `echo` and as many more of the same kind. */
export function serversOf({ behind, era, url, count = 1 }) {
  const entry = behind === 'http' ? { url } : { command: process.execPath, args: [ECHO_STDIO, '--era', era] };
  const names = Array.from({ length: count }, (_, at) => (at === 0 ? 'echo' : `echo-${at}`));
  return Object.fromEntries(names.map((name) => [name, entry]));
}

/**
 * @param {object} setup
 * @param {object} setup.servers
 * @param {number} [setup.agents]
 * @param {string[]} [setup.args] of `serve`
 * @param {string[]} [setup.node] arguments of node
 * @param {string} [setup.main] the program; default this build
 * @param {object} [setup.limits] of the agent that calls
 * @param {object} [setup.env] more of its environment
 */
export async function startGateway({
  servers,
  agents = 20,
  limits,
  args = [],
  node = [],
  main = MAIN,
  env: more = {},
}) {
  const token = randomBytes(32).toString('base64url');
  const { dir, env } = makeHome({ servers, rules: rulesOf(agents, token, limits) });
  const child = spawn(process.execPath, [...node, main, 'serve', '--transport', 'http', '--port', '0', ...args], {
    cwd: dir,
    env: { ...env, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = await firstLine(child.stderr, child, /listening on (http:\/\/[^\s"]+\/mcp)/);
  return { ...running(child, dir), url, token, pids: [child.pid, ...workersOf(child.pid)] };
}

/** The gateway that is made of the official SDK. */
export async function startSdkGateway({ behind, era, url }) {
  const token = randomBytes(32).toString('base64url');
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const rules = join(dir, 'rules.json');
  writeFileSync(rules, JSON.stringify(rulesOf(20, token)));
  const own = [
    '--behind',
    behind,
    '--era',
    era,
    '--token',
    token,
    '--rules',
    rules,
    '--audit',
    join(dir, 'audit.jsonl'),
  ];
  const child = spawn(
    process.execPath,
    ['--no-warnings', SDK_GATEWAY, ...own, ...(url === undefined ? [] : ['--to', url])],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const port = await firstLine(child.stdout, child);
  return { ...running(child, dir), url: `http://127.0.0.1:${port}/mcp`, token, pids: [child.pid] };
}

function running(child, dir) {
  return {
    dir,
    async stop() {
      child.kill('SIGTERM');
      await exited(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A home of its own, so that nothing of the user's is read or written. */
export function makeHome({ servers, rules }) {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-'));
  const config = join(dir, 'config/agent-mcp-gateway');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, '.mcp.json'), JSON.stringify({ mcpServers: servers }));
  if (rules !== undefined) writeFileSync(join(config, '.mcp-gateway-rules.json'), JSON.stringify(rules));
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, 'config'),
    XDG_CACHE_HOME: join(dir, 'cache'),
  };
  return { dir, env };
}

/** Opens a session of 2025-11-25. @returns its id. */
export async function openSession(url, token) {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'load', version: '1' } };
  const { headers } = await post({ url, era: 'legacy', token }, 'initialize', params, 1);
  const session = headers.get('mcp-session-id');
  if (session === null) throw new Error('initialize opened no session');
  await post({ url, era: 'legacy', token, session }, 'notifications/initialized', {}, undefined);
  return session;
}

/** One request outside of any measurement. */
export async function post(target, method, params, id) {
  const [head, body] = requestOf(target, method, params, id).toString().split('\r\n\r\n');
  const lines = head.split('\r\n').slice(1);
  const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/, 2)));
  delete headers['Host'];
  delete headers['Content-Length'];
  const response = await fetch(target.url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: HTTP ${response.status} ${text}`);
  return { headers: response.headers, text };
}
