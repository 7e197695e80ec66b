/** Resident memory at rest, next to a bare Node and a bare proxy. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { serversOf, startGateway } from './gateway.mjs';
import { exited, rssMb, startPeer } from './processes.mjs';
import { median } from './statistics.mjs';

/** At rest V8 gives back by itself what only the start needed; that takes it some seconds. */
const SETTLE_MS = 40_000;

/** @returns MB, medians over several processes, 40 s after their start. */
export async function measureIdle(times) {
  const echo = await startPeer('echo-http', '--era', 'modern');
  const started = [];
  try {
    for (let at = 0; at < times; at++) {
      const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
      started.push({ bare, gateway: await startGateway({ servers: serversOf({ behind: 'http', url: echo.url }) }) });
    }
    await sleep(SETTLE_MS);
    return {
      bareMb: median(started.map(({ bare }) => rssMb([bare.pid]))),
      gatewayMb: median(started.map(({ gateway }) => rssMb(gateway.pids))),
    };
  } finally {
    for (const { bare, gateway } of started) {
      bare.kill();
      await exited(bare);
      await gateway.stop();
    }
    await echo.stop();
  }
}
