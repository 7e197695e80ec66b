/** Which files one call runs through: a build with one module per source, and what V8 counted while the second call ran. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import config from '../../rolldown.config.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RULES = { agents: { default: { allow: { servers: ['*'] } } } };

/** @returns sources in which a function ran during a warm `execute_tool`, over each pair of transports. */
export async function callPath() {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gateway-architecture-'));
  try {
    const dist = path.join(dir, 'dist');
    const { output, plugins: _, ...input } = config;
    const bundle = await rolldown({ ...input, cwd: root, logLevel: 'silent' });
    const whole = {
      ...output,
      dir: dist,
      preserveModules: true,
      preserveModulesRoot: path.join(root, 'src'),
      minify: false,
      banner: '',
    };
    await bundle.write({ ...whole, entryFileNames: '[name].js' });
    writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n');
    return { stdio: await overStdio(dir, dist), http: await overHttp(dir, dist) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const CALL = { name: 'execute_tool', arguments: { server: 'echo', tool: 'echo', args: { text: 'hello' } } };

async function overStdio(dir, dist) {
  const server = { command: process.execPath, args: [path.join(root, 'test/fixtures/echo.mjs')] };
  const gateway = start(dir, dist, server, []);
  const lines = createInterface({ input: gateway.child.stdout });
  const waiting = new Map();
  lines.on('line', (line) => waiting.get(JSON.parse(line).id)?.(JSON.parse(line)));
  const request = (id, method, params) =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      gateway.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  try {
    const clientInfo = { name: 'a', version: '1' };
    await gateway.alive(request(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }));
    gateway.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    return await gateway.warmCall((id) => request(id, 'tools/call', CALL));
  } finally {
    await gateway.stop();
  }
}

async function overHttp(dir, dist) {
  const { startPeer } = await import('../../bench/perf/processes.mjs');
  const echo = await startPeer('echo-http', '--era', 'modern');
  const gateway = start(dir, dist, { url: echo.url }, ['--transport', 'http', '--port', '0', '--no-auth']);
  try {
    const url = await gateway.url();
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'a', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    return await gateway.warmCall(async (id) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'execute_tool',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { ...CALL, _meta: meta } }),
      });
      return response.json();
    });
  } finally {
    await gateway.stop();
    await echo.stop();
  }
}

function start(dir, dist, server, args) {
  const home = mkdtempSync(path.join(dir, 'home-'));
  const file = (name, value) => {
    writeFileSync(path.join(home, name), JSON.stringify(value), { mode: 0o600 });
    return path.join(home, name);
  };
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    GATEWAY_MCP_CONFIG: file('servers.json', { mcpServers: { echo: server } }),
    GATEWAY_RULES: file('rules.json', RULES),
    COUNTS: path.join(home, 'counts.json'),
  };
  const probe = fileURLToPath(new URL('count-calls.cjs', import.meta.url));
  const child = spawn(process.execPath, ['--require', probe, path.join(dist, 'main.js'), ...args], {
    cwd: home,
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const failed = ended.then((status) => Promise.reject(new Error(`the gateway ended (${status}):\n${log}`)));
  failed.catch(() => undefined);
  const told = () => new Promise((resolve) => child.once('message', resolve));
  return {
    child,
    alive: (work) => Promise.race([failed, work]),
    async url() {
      for (;;) {
        const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(log)?.[0];
        if (url !== undefined) return url;
        await Promise.race([failed, new Promise((resolve) => child.stderr.once('data', resolve))]);
      }
    },
    async warmCall(call) {
      for (let id = 10; id < 13; id++) {
        const { result, error } = await Promise.race([failed, call(id)]);
        if (error !== undefined || result.isError)
          throw new Error(`the call failed: ${JSON.stringify(error ?? result)}`);
        const counted = told();
        child.send('count');
        await Promise.race([failed, counted]);
      }
      const counts = JSON.parse(readFileSync(env.COUNTS, 'utf8'));
      const sources = counts
        .filter(({ url }) => url.startsWith(`file://${dist}/`))
        .map(({ url }) => path.join('src', path.relative(dist, fileURLToPath(url))).replace(/\.js$/, '.ts'))
        .filter((file) => !file.includes('node_modules'));
      return [...new Set(sources)].sort();
    },
    async stop() {
      child.stdin.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}
