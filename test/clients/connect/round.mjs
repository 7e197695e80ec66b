/** One client from an empty home folder to the gateway and back: connected, asked, and undone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { CLOSED, MAIN, makeGateway } from '../gateway.mjs';
import { run } from '../install.mjs';
import { startModel } from '../model.mjs';
import { STEPS } from '../steps.mjs';

/** Milliseconds for what a client is asked. */
const ASKED_MS = 120_000;
const PROMPT = 'Do what you are asked to do, one tool after the other.';
const CALLS = STEPS.filter(({ column }) => ['list', 'call', 'denied call'].includes(column));

/**
 * @param transport `stdio`, `http` with a token for all, or `http, own token`
 * @returns what was not as it should be; empty for all well
 */
export async function roundTrip({ agent, client, list, says }, installed, { transport }) {
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'connect-')));
  const work = path.join(home, 'work');
  mkdirSync(work);
  const gateway = makeGateway(home, { isHome: true });
  const searched = [installed.path, path.dirname(process.execPath), CLOSED.PATH].filter(Boolean).join(path.delimiter);
  const env = { ...CLOSED, ...gateway.command.env, PATH: searched, AGENT_MCP_GATEWAY_TOKEN: gateway.token };
  const own = (...args) => run(process.execPath, [MAIN, ...args], { cwd: work, env: { ...env, NODE_OPTIONS: '' } });
  agent.signIn?.(home);
  const before = filesOf(home);
  const wrong = [];
  const check = (what, text, pattern) => {
    if (!pattern.test(text)) wrong.push(`${what}: ${JSON.stringify(text.slice(-600))}`);
  };
  try {
    const isHttp = transport !== 'stdio';
    if (isHttp) await gateway.start();
    const flags = transport === 'http, own token' ? ['--per-agent'] : [];
    await own('connect', client, '--yes', ...(isHttp ? ['--http', gateway.url()] : []), ...flags);
    Object.assign(env, variablesIn(path.join(home, '.config/agent-mcp-gateway/tokens')));
    const made = changedFiles(before, filesOf(home));
    const ask = list(installed);
    check('its list', await ended(ask.command, ask.args, { cwd: work, env: { ...env, ...ask.env } }), says);
    if (agent.turn !== undefined) {
      const results = await conversation(agent, installed, { work, env });
      for (const [at, { column, good }] of CALLS.entries()) check(column, results[at] ?? '', good);
    }
    const left = made.map((name) => [name, readIfThere(path.join(home, name))]);
    await own('undo', '--yes');
    for (const [name, then] of left) check(`${name} after undo`, leftOf(home, name, then, before.get(name)), /^$/);
    await own('uninstall', '--yes', '--purge');
    if (existsSync(path.join(home, '.config/agent-mcp-gateway'))) wrong.push('uninstall left its folder');
    return wrong;
  } finally {
    await gateway.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Variables of the files of a folder, as a shell reads them. */
function variablesIn(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return Object.fromEntries(names.map((name) => readIfThere(path.join(folder, name)).trim().split('=')));
}

/** Why a file is not what it should be again: the bytes of before, or, where its client wrote it since, all but the gateway. */
function leftOf(home, name, then, before) {
  const now = readIfThere(path.join(home, name));
  if (now === before) return '';
  if (now === undefined || then === undefined) return 'it is gone';
  if (!/\.jsonc?$/.test(name)) return now;
  return JSON.stringify(othersOf(then)) === JSON.stringify(JSON.parse(now)) ? '' : now;
}

/** A file without the servers: they were ours, and their map too. */
function othersOf(text) {
  const { mcpServers: _servers, mcp: _entries, ...others } = JSON.parse(text);
  return others;
}

async function conversation(agent, installed, { work, env }) {
  const model = await startModel(CALLS, { bridge: agent.bridge });
  try {
    const turn = agent.turn(installed, { model: model.url, prompt: PROMPT });
    await ended(turn.command, turn.args, { cwd: work, env: { ...env, ...turn.env } });
    return model.seen.results;
  } finally {
    model.stop();
  }
}

/** Runs a client to its end, or ends it with its group. @returns what it wrote */
async function ended(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => signal(child.pid), ASKED_MS);
  await once(child, 'close');
  clearTimeout(timer);
  signal(child.pid);
  return stripVTControlCharacters(output);
}

function signal(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** Files of clients below a home folder, by name: those of the gateway and of its cache are left out. */
function filesOf(home) {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' });
  const theirs = names.filter((name) => !/^\.(?:cache|config\/agent-mcp-gateway)(?:\/|$)/.test(name));
  return new Map(
    theirs
      .filter((name) => statSync(path.join(home, name)).isFile())
      .map((name) => [name, readIfThere(path.join(home, name))]),
  );
}

function changedFiles(before, after) {
  return [...after].flatMap(([name, text]) => (before.get(name) === text ? [] : [name]));
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
