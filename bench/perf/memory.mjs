/** Resident memory at rest, next to a bare Node and a bare proxy. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { serversOf, startGateway } from './gateway.mjs';
import { exited, rssMb, startPeer } from './processes.mjs';
import { median } from './statistics.mjs';

/** After the start: what is made for it alone is gone by then. */
const SETTLE_MS = 1000;

/** @returns MB, medians over several processes. */
export async function measureIdle(times) {
  const echo = await startPeer('echo-http', '--era', 'modern');
  const samples = { bareMb: [], gatewayMb: [] };
  try {
    for (let at = 0; at < times; at++) {
      samples.bareMb.push(await bare());
      const gateway = await startGateway({ servers: serversOf({ behind: 'http', url: echo.url }) });
      await sleep(SETTLE_MS);
      samples.gatewayMb.push(rssMb(gateway.pids));
      await gateway.stop();
    }
  } finally {
    await echo.stop();
  }
  return { bareMb: median(samples.bareMb), gatewayMb: median(samples.gatewayMb) };
}

async function bare() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  await sleep(SETTLE_MS);
  const mb = rssMb([child.pid]);
  child.kill();
  await exited(child);
  return mb;
}
