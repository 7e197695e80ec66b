/** A client that is a command: one process for each step. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { CLOSED, makeGateway } from './gateway.mjs';
import { STEPS, verdicts } from './steps.mjs';

const STEP_MS = 120_000;

export async function runCommand(client, installed, transport, { maxResultTokens }) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'client-'));
  const gateway = makeGateway(dir, { maxResultTokens });
  const seen = new Map();
  const outputs = [];
  try {
    if (transport === 'http') await gateway.start();
    const entry =
      transport === 'http'
        ? { type: 'http', url: gateway.url(), headers: { Authorization: `Bearer ${gateway.token}` } }
        : gateway.command;
    const file = path.join(dir, 'mcp.json');
    writeFileSync(file, JSON.stringify({ mcpServers: { gateway: entry } }));
    for (const step of STEPS) {
      if (step.restart && transport === 'http') await gateway.restart();
      const { command, args } = client.start(installed, { file, step });
      const searched = [installed.path, path.dirname(process.execPath), CLOSED.PATH]
        .filter(Boolean)
        .join(path.delimiter);
      const output = await untilEnd(command, args, { cwd: dir, env: { ...CLOSED, HOME: dir, PATH: searched } });
      outputs.push(output);
      seen.set(step.column, output.replaceAll('\\"', '"'));
    }
    return { verdict: verdicts(seen, transport), seen, runs: [{ outputs, events: gateway.events() }] };
  } finally {
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function untilEnd(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), STEP_MS);
  await once(child, 'close');
  clearTimeout(timer);
  return output;
}
