/**
 * `npm run test:clients`: the newest versions of clients that others wrote, against the built gateway. Ends with 1 where a cell
 * says no and is not known to.
 *
 *   --only TEXT       only clients whose name contains TEXT
 *   --transport NAME  only stdio or http
 *   --update          writes the table into docs/protocol.md
 *   --log DIR         what each client showed its model or program
 *   --limit TOKENS    max_result_tokens of the rules
 *   --report FILE     counts of the clients that are right, wrong, and not to be had, as JSON; the last are no failure then
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { CLIENTS } from './clients.mjs';
import { writeLog } from './log.mjs';
import { failures, intoDocs, tableOf } from './table.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    transport: { type: 'string' },
    update: { type: 'boolean', default: false },
    log: { type: 'string' },
    limit: { type: 'string', default: '4500' },
    report: { type: 'string' },
  },
});
const say = (text) => process.stdout.write(`${text}\n`);

/** A client that its registry does not give: what is wrong is not the gateway. */
class NotToBeHad extends Error {}

async function tried({ client, run }) {
  const installed = await client.install().catch((error) => {
    throw new NotToBeHad(error.message);
  });
  const rows = [];
  for (const transport of ['stdio', 'http']) {
    if (values.transport !== undefined && values.transport !== transport) continue;
    const done = await run(client, installed, transport, { maxResultTokens: Number(values.limit) });
    rows.push({ name: client.name, version: installed.version, transport, verdict: done.verdict });
    if (values.log !== undefined) writeLog(values.log, `${client.name}-${transport}`, done);
    say(tableOf(rows.slice(-1)).split('\n').at(-1));
  }
  return rows;
}

/** The clients wait most of the time. */
const AT_ONCE = 3;

const chosen = CLIENTS.filter(({ client }) => client.name.toLowerCase().includes(values.only.toLowerCase()));
const found = new Map();
const broken = [];
const missing = [];
const waiting = [...chosen];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      await tried(entry).then(
        (done) => found.set(entry, done),
        (error) => {
          const isMissing = values.report !== undefined && error instanceof NotToBeHad;
          (isMissing ? missing : broken).push(`${entry.client.name}: ${error.message}`);
        },
      );
    }
  }),
);
const rows = chosen.flatMap((entry) => found.get(entry) ?? []);
if (values.update) {
  intoDocs(
    rows,
    CLIENTS.map(({ client }) => client.name),
  );
}
const failed = [...broken, ...failures(rows)];
for (const failure of failed) say(`not right: ${failure}`);
for (const one of missing) say(`left out, since it cannot be had: ${one}`);
if (values.report !== undefined) {
  const wrong = [...found.values()].filter((done) => failures(done).length > 0).length + broken.length;
  const counts = { passed: found.size + broken.length - wrong, failed: wrong, skipped: missing.length };
  writeFileSync(values.report, JSON.stringify(counts));
}
process.exitCode = rows.length > 0 && failed.length === 0 ? 0 : 1;
