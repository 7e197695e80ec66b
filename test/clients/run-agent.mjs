/** An agent's turns against a scripted model: all steps in one run, and one call that it gives up in another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLOSED, makeGateway } from './gateway.mjs';
import { startModel } from './model.mjs';
import { GIVE_UP_MS, HELD, STEPS, verdicts } from './steps.mjs';

const PROMPT = 'Do what you are asked to do, one tool after the other.';
/** Milliseconds for all turns of one run. */
const RUN_MS = 300_000;

/** @returns by column, what the table says; and for the log, what was seen */
export async function runAgent(agent, installed, transport, options) {
  const all = await turns(agent, installed, transport, STEPS, options);
  const seen = new Map(STEPS.map(({ column }, at) => [column, all.model.results[at]]));
  const verdict = verdicts(seen, transport);
  const held = await turns(agent, installed, transport, [HELD, STEPS[0]], { ...options, giveUpMs: GIVE_UP_MS });
  verdict.set('cancel', held.events.includes('cancelled') ? 'yes' : 'no');
  return { verdict, seen, runs: [all, held] };
}

async function turns(agent, installed, transport, steps, { maxResultTokens, giveUpMs }) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'client-'));
  const home = path.join(dir, 'home');
  const work = path.join(dir, 'work');
  for (const needed of [home, work]) mkdirSync(needed);
  const gateway = makeGateway(dir, { maxResultTokens });
  const model = await startModel(steps, {
    bridge: agent.bridge,
    before: async ({ restart }) => {
      if (restart && transport === 'http') await gateway.restart();
    },
  });
  try {
    if (transport === 'http') await gateway.start();
    const entry =
      transport === 'http'
        ? { type: 'http', url: gateway.url(), headers: { Authorization: `Bearer ${gateway.token}` } }
        : gateway.command;
    const { command, args, env } = agent.start(installed, { home, entry, model: model.url, giveUpMs, prompt: PROMPT });
    const searched = [installed.path, path.dirname(process.execPath), CLOSED.PATH].filter(Boolean).join(path.delimiter);
    const output = await untilEnd(command, args, { cwd: work, env: { ...CLOSED, HOME: home, ...env, PATH: searched } });
    return { model: model.seen, events: gateway.events(), output };
  } finally {
    model.stop();
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs the client to its end, or ends it with its group. @returns what it wrote */
async function untilEnd(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => signal(child.pid, 'SIGKILL'), RUN_MS);
  await once(child, 'close');
  clearTimeout(timer);
  signal(child.pid, 'SIGKILL');
  return output;
}

function signal(group, name) {
  try {
    process.kill(-group, name);
  } catch {
    // All of it has ended.
  }
}
