/**
 * A client that is a library, inside a small program of its own: it gets a plan as its argument, writes a line of JSON for each step,
 * and asks for the restart with `{"restart": true}`, after which it waits for a line.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CLOSED, makeGateway } from './gateway.mjs';
import { GIVE_UP_MS, HELD, STEPS, verdicts } from './steps.mjs';

const RUN_MS = 300_000;
/** Before the call that takes long: what a program sends as its last is easily lost. */
const PLANNED = STEPS.flatMap((step) =>
  step.column === '70 s silent' ? [{ ...HELD, cancelMs: GIVE_UP_MS }, step] : [step],
);

export async function runProgram(client, installed, transport, { maxResultTokens }) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'client-'));
  const gateway = makeGateway(dir, { maxResultTokens });
  const seen = new Map();
  let output = '';
  // A gateway that stops cancels what runs: that does not count.
  let cancelled = false;
  let restarted = false;
  try {
    if (transport === 'http') await gateway.start();
    // Over stdio the program would have to start another gateway: nobody does.
    const steps = PLANNED.filter(({ restart }) => transport === 'http' || restart === undefined);
    const target =
      transport === 'http'
        ? { url: gateway.url(), token: gateway.token }
        : { ...gateway.command, program: gateway.command };
    const { command, args } = client.start(installed, { ...target, steps });
    const child = spawn(command, args, { cwd: dir, env: { ...CLOSED, HOME: dir }, stdio: 'pipe' });
    const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line.slice(0, 500)}\n`;
      if (!line.startsWith('{')) return;
      const { column, text, restart } = JSON.parse(line);
      if (column !== HELD.column) cancelled ||= !restarted && gateway.events().includes('cancelled');
      if (restart) restarted = true;
      if (restart) void gateway.restart().then(() => child.stdin.write('\n'));
      else seen.set(column, unescaped(text));
    });
    await once(child, 'close');
    clearTimeout(timer);
    const verdict = verdicts(seen, transport);
    verdict.set('cancel', cancelled ? 'yes' : 'no');
    return { verdict, seen, runs: [{ output, events: gateway.events() }] };
  } finally {
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The strings of a JSON text, readable; any other text as it is. */
function unescaped(text) {
  try {
    return strings(JSON.parse(text)).join('\n');
  } catch {
    return text;
  }
}

function strings(value) {
  if (typeof value === 'string') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(strings);
}
