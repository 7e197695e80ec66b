/** The Inspector's CLI lists and calls through the gateway: in both generations, over stdio and HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { inspector, node22 } from './node22.mjs';
import { MAIN, makeHome, startGateway, stdioEntry } from './processes.mjs';

const SERVER = 'fixture';
const LIMIT_MS = 60_000;
const GREETING = 'Hello, Ada!';

/** @returns what the Inspector printed as JSON @throws Error with its output where it failed */
async function inspect(target, era, args) {
  const home = mkdtempSync(path.join(tmpdir(), 'inspector-'));
  const all = [inspector(), '--cli', '--quiet', '--format', 'json', '--protocol-era', era, ...args, ...target];
  const env = { PATH: process.env.PATH ?? '', HOME: home, NO_COLOR: '1' };
  const child = spawn(node22(), all, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].on('data', (chunk) => {
      output[stream] += chunk;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  rmSync(home, { recursive: true, force: true });
  if (code !== 0)
    throw new Error(`the Inspector ended with ${code}: ${output.stderr.slice(-500)}${output.stdout.slice(-500)}`);
  return JSON.parse(output.stdout);
}

/** One check as a row of the table. */
async function check(scenario, look) {
  const row = { scenario, scored: true, passed: 0, failed: 0, warnings: 0, failures: [] };
  const problem = await look().catch((error) => error.message);
  if (problem === undefined) return { ...row, passed: 1 };
  return { ...row, failed: 1, failures: [{ check: 'inspector', message: problem }] };
}

const VIEWS = {
  single: {
    listed: 'greet',
    call: ['--tool-name', 'greet', '--tool-args-json', '{"name":"Ada"}'],
  },
  discovery: {
    listed: 'execute_tool',
    call: [
      '--tool-name',
      'execute_tool',
      '--tool-args-json',
      JSON.stringify({ server: SERVER, tool: 'greet', args: { name: 'Ada' } }),
    ],
  },
};

function checks(view, label, target, era) {
  const { listed, call } = VIEWS[view];
  return [
    check(`${label} tools/list`, async () => {
      const { result } = await inspect(target, era, ['--method', 'tools/list']);
      if (!result.tools.some(({ name }) => name === listed)) return `${listed} is not listed.`;
    }),
    check(`${label} tools/call`, async () => {
      const { result } = await inspect(target, era, ['--method', 'tools/call', ...call]);
      if (result.content?.[0]?.text !== GREETING) return `got ${JSON.stringify(result).slice(0, 200)}`;
    }),
  ];
}

async function overStdio(view, era, generation) {
  const home = makeHome(SERVER, stdioEntry(generation));
  const args = view === 'single' ? ['--server', SERVER] : [];
  const target = ['--', process.execPath, MAIN, 'serve', ...home.args, ...args];
  try {
    return await Promise.all(checks(view, `${view}, ${era} over stdio`, target, era));
  } finally {
    home.remove();
  }
}

async function overHttp(view, era, generation) {
  const gateway = await startGateway(SERVER, stdioEntry(generation));
  const url = view === 'single' ? `${gateway.origin}/mcp/servers/${SERVER}` : `${gateway.origin}/mcp`;
  const target = ['--transport', 'http', '--server-url', url];
  try {
    return await Promise.all(checks(view, `${view}, ${era} over HTTP`, target, era));
  } finally {
    await gateway.stop();
  }
}

export const INSPECTOR = {
  name: 'inspector',
  async run() {
    const results = [];
    for (const view of ['discovery', 'single']) {
      for (const era of ['legacy', 'modern']) {
        results.push(...(await overStdio(view, era, era)), ...(await overHttp(view, era, era)));
      }
    }
    const problems = results.filter(({ failed }) => failed > 0).map(({ scenario }) => `${scenario} failed`);
    return { results, problems };
  },
};
