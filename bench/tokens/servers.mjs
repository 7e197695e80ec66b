/** Real servers, installed from npm into a folder of their own and asked for their tools. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../node_modules/.bench-servers/', import.meta.url));

/** Package -> how its program is started. */
const SERVERS = {
  '@modelcontextprotocol/server-everything': { name: 'everything', args: ['stdio'] },
  '@modelcontextprotocol/server-filesystem': { name: 'filesystem', args: [tmpdir()] },
  '@modelcontextprotocol/server-memory': { name: 'memory', args: [] },
  '@playwright/mcp': { name: 'playwright', args: [] },
  'chrome-devtools-mcp': { name: 'chrome-devtools', args: [] },
  '@notionhq/notion-mcp-server': { name: 'notion', args: [] },
};

/** Milliseconds for a server to start and list its tools. */
const TIMEOUT_MS = 60_000;

/** @returns `{name, package, version, tools, instructions}` per server, `tools` being the text of its `tools/list` result */
export async function realServers() {
  install();
  const listed = [];
  for (const [name, server] of Object.entries(SERVERS)) {
    const folder = join(FOLDER, 'node_modules', name);
    const { version, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const script = join(folder, typeof bin === 'string' ? bin : Object.values(bin)[0]);
    listed.push({ name: server.name, package: name, version, ...(await offerOf(script, server.args)) });
  }
  return listed;
}

function install() {
  const missing = Object.keys(SERVERS).filter((name) => !existsSync(join(FOLDER, 'node_modules', name)));
  if (missing.length === 0) return;
  mkdirSync(FOLDER, { recursive: true });
  if (!existsSync(join(FOLDER, 'package.json'))) writeFileSync(join(FOLDER, 'package.json'), '{"private":true}\n');
  // Only their lists are wanted: no browser is downloaded.
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...missing];
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('The servers could not be installed.');
}

function offerOf(script, args) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: FOLDER,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, NOTION_TOKEN: 'ntn_none', CI: '1' },
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${script} did not list its tools.`)), TIMEOUT_MS);
    let rest = '';
    let instructions;
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines.filter((text) => text.startsWith('{'))) {
        const message = JSON.parse(line);
        if (message.id === 1) {
          ({ instructions } = message.result);
          send({ method: 'notifications/initialized' });
          send({ id: 2, method: 'tools/list' });
        }
        if (message.id === 2) {
          clearTimeout(timer);
          resolve({ tools: JSON.stringify(message.result), instructions });
        }
      }
    });
    child.once('error', reject);
    const clientInfo = { name: 'bench', version: '1' };
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } });
  }).finally(() => child.kill());
}
