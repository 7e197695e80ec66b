/**
 * `node bench/perf/store.mjs`: what a store of several gateways costs the calls, in rounds of four gateways: without and with a store,
 * and the same for an agent with a limit, which is counted at the store. Options: see bench/README.md. Needs redis-server.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { compare } from './compare.mjs';
import { echoTarget, serversOf, startGateway } from './gateway.mjs';
import { startPeer } from './processes.mjs';
import { rounds } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '1' },
  },
});

const port = await freePort();
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise((resolve) => {
  redis.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve());
});
const echo = await startPeer('echo-http', '--era', 'modern');
const servers = serversOf({ behind: 'http', era: 'modern', url: echo.url });
const env = { GATEWAY_STORE: `redis://127.0.0.1:${port}`, GATEWAY_STATE_KEY: randomBytes(32).toString('hex') };
const limits = { calls_per_minute: 100_000_000, concurrent_calls: 1000 };

async function lane(name, setup) {
  const gateway = await startGateway({ servers, ...setup });
  return { name, gateway, pids: gateway.pids, concurrency: Number(values.concurrency), target: echoTarget(gateway) };
}

const lanes = [
  await lane('no store', {}),
  await lane('store', { env }),
  await lane('limit', { limits }),
  await lane('limit at store', { limits, env }),
];
const { rows } = await rounds(lanes, { rounds: Number(values.rounds), seconds: Number(values.seconds) });
compare(rows[0], rows[1]);
compare(rows[2], rows[3]);
for (const { gateway } of lanes) await gateway.stop();
await echo.stop();
redis.kill();

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address();
  server.close();
  await once(server, 'close');
  return free;
}
