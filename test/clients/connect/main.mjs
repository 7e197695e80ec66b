/**
 * `npm run test:connect`: for every client that a registry has, the newest version, an empty home folder, `connect`, the client's own
 * word that it reaches the gateway, a call that is allowed and one that is denied, and `undo`. Ends with 1 where something is not right.
 *
 *   --only TEXT       only clients whose name contains TEXT
 *   --transport NAME  only stdio, http or "http, own token"
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { READERS } from './readers.mjs';
import { roundTrip } from './round.mjs';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, transport: { type: 'string' } } });
const say = (text) => process.stdout.write(`${text}\n`);

const chosen = READERS.filter(({ agent }) => agent.name.toLowerCase().includes(values.only.toLowerCase()));
let [passed, failed] = [0, 0];
for (const reader of chosen) {
  const { agent, client, transports = ['stdio', 'http', 'http, own token'] } = reader;
  const installed = await agent.install();
  for (const transport of transports.filter((name) => (values.transport ?? name) === name)) {
    const started = performance.now();
    const wrong = await roundTrip(reader, installed, { transport }).catch((error) => [error.message]);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (wrong.length > 0) failed++;
    else passed++;
    say(
      `${wrong.length === 0 ? 'ok    ' : 'FAILED'} ${agent.name} ${installed.version}, ${client}, ${transport} (${seconds} s)`,
    );
    for (const line of wrong) say(`       ${line}`);
  }
}
say(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
