/** How long a start takes, next to a `node -e 0` of the same round. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { MAIN, makeHome } from './gateway.mjs';
import { exited, startPeer } from './processes.mjs';
import { median } from './statistics.mjs';

export const INITIALIZE = message(1, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
});
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';
const CALL = message(2, 'tools/call', {
  name: 'execute_tool',
  arguments: { server: 'echo', tool: 'echo', args: { text: 'first' } },
});
export const RULES = { agents: { default: { allow: { servers: ['*'] } } } };

/** @returns medians in milliseconds, and how often the bare process fits into each. */
export async function measureStart(rounds) {
  const echo = await startPeer('echo-http', '--era', 'modern');
  const home = makeHome({ servers: { echo: { url: echo.url } }, rules: RULES });
  const samples = { bare: [], initialize: [], firstResult: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      samples.bare.push(await bare());
      samples.initialize.push(await until(home, INITIALIZE, 1));
      samples.firstResult.push(await until(home, INITIALIZE + INITIALIZED + CALL, 2));
    }
  } finally {
    await echo.stop();
    rmSync(home.dir, { recursive: true, force: true });
  }
  const bareMs = median(samples.bare);
  const [initializeMs, firstResultMs] = [median(samples.initialize), median(samples.firstResult)];
  return {
    bareMs,
    initializeMs,
    firstResultMs,
    initializeRatio: initializeMs / bareMs,
    firstResultRatio: firstResultMs / bareMs,
  };
}

/** Milliseconds that Node itself takes from start to end. */
async function bare() {
  const began = performance.now();
  await exited(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }));
  return performance.now() - began;
}

/**
 * Milliseconds from the start of a gateway over stdio, its servers lazy, until it has answered the request with this id.
 * @param node arguments of Node
 */
export async function until({ dir, env }, input, id, node = []) {
  const began = performance.now();
  const child = spawn(process.execPath, [...node, MAIN, '--init-strategy', 'lazy'], {
    cwd: dir,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.write(input);
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    const answer = text.split('\n').find((line) => line.includes(`"id":${id},`));
    if (answer === undefined) continue;
    if (!answer.includes('"result"') || answer.includes('"isError":true')) throw new Error(`no result: ${answer}`);
    break;
  }
  const ms = performance.now() - began;
  child.stdin.end();
  await exited(child);
  return ms;
}

function message(id, method, params) {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
}
