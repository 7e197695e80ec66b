/**
 * `node bench/perf/telemetry.mjs`: what spans and metrics of OpenTelemetry cost the calls, in rounds of two gateways, one that sends to a
 * collector and one that does not. Options: see bench/README.md. Linux only.
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.mjs';
import { echoTarget, serversOf, startGateway } from './gateway.mjs';
import { startPeer } from './processes.mjs';
import { rounds } from './rounds.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '1' },
    behind: { type: 'string', default: 'http' },
    concurrency: { type: 'string', default: '16' },
  },
});

const { behind } = values;
/** What the user says of the data: a share of the traces, one signal alone. */
const given = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_')));
const collector = await startPeer('collector');
const echo = await startPeer('echo-http', '--era', 'modern');
const servers = serversOf({ behind, era: 'modern', url: echo.url });

async function lane(name, env) {
  const gateway = await startGateway({ servers, env });
  const target = echoTarget(gateway);
  return { name, gateway, pids: gateway.pids, concurrency: Number(values.concurrency), target };
}

const lanes = [
  await lane('off'),
  await lane('on', { OTEL_EXPORTER_OTLP_ENDPOINT: new URL(collector.url).origin, ...given }),
];
const { rows } = await rounds(lanes, { rounds: Number(values.rounds), seconds: Number(values.seconds) });
compare(...rows);
for (const { gateway } of lanes) await gateway.stop();
await echo.stop();
await collector.stop();
