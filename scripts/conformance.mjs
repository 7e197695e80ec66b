/**
 * `npm run test:conformance`: the official conformance suite against the gateway, with the fixture of test/conformance
 * behind it. Ends with 1 where something failed that its baseline does not name, or passed that it does.
 *
 *   --direct-only       only the yardstick: the suite against the fixture, without a gateway
 *   --inspector         the Inspector's command line too
 *   --only TEXT         only runs whose name contains TEXT
 *   --json FILE         all results, as JSON
 *   --no-build          dist/ as it is (CONFORMANCE_MAIN names another build)
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { INSPECTOR } from '../test/conformance/inspector.mjs';
import { failures, table, totals } from '../test/conformance/report.mjs';
import { GATEWAY, YARDSTICK } from '../test/conformance/runs.mjs';
import { SUITE_VERSION } from '../test/conformance/suite.mjs';

const { values } = parseArgs({
  options: {
    'direct-only': { type: 'boolean', default: false },
    inspector: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    build: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const say = (text) => process.stdout.write(`${text}\n`);

function build() {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const shell = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd, encoding: 'utf8', shell });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}The build failed.\n`);
  process.exit(1);
}

const chosen = (runs) => runs.filter(({ name }) => name.includes(values.only));
const gateway = values['direct-only'] ? [] : chosen([...GATEWAY, ...(values.inspector ? [INSPECTOR] : [])]);
const planned = [...chosen(YARDSTICK), ...gateway];
if (gateway.length > 0 && values.build && process.env.CONFORMANCE_MAIN === undefined) build();

const done = [];
for (const { name, run } of planned) {
  process.stderr.write(`${name} ...\n`);
  const found = await run().catch((error) => ({ results: [], problems: [error.message] }));
  done.push({ name, ...found });
}

for (const found of done) {
  const text = failures(found);
  if (text !== '') say(text);
}
say(`\n@modelcontextprotocol/conformance ${SUITE_VERSION}\n${table(done)}`);
if (values.json !== undefined) {
  const runs = done.map((found) => ({ ...found, totals: totals(found) }));
  writeFileSync(values.json, `${JSON.stringify({ suite: SUITE_VERSION, runs }, null, 2)}\n`);
}
process.exitCode = done.length > 0 && done.every(({ problems }) => problems.length === 0) ? 0 : 1;
