/**
 * `npm run test:servers`: servers of others, in pinned versions from npm and PyPI, behind the gateway. Ends with 1 where one of them does
 * not work, or where the table in docs/protocol.md is another one, but for revisions. `--write` writes it there. The first run takes some minutes and a
 * gigabyte of the temporary folder.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runServers } from '../test/servers/run.mjs';
import { tableOf, withTable } from '../test/servers/table.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = fileURLToPath(new URL('../docs/protocol.md', import.meta.url));

const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
if (build.status !== 0) process.exit(1);

const found = await runServers();
const table = tableOf(found);
process.stdout.write(`${table}\n\n`);
const failed = found.filter(({ problems }) => problems.length > 0);
for (const { name, version, transport, problems } of failed) {
  for (const problem of problems) process.stdout.write(`${name} ${version} (${transport}) ${problem}\n`);
}
process.stdout.write(`${found.length - failed.length} of ${found.length} servers work\n`);

const before = readFileSync(page, 'utf8');
const after = withTable(before, table);
// A program that starts slowly is spoken to in its older revision, so on another day it may be the other one.
const withoutRevisions = (text) => text.replace(/ \| \d{4}-\d\d-\d\d \| (?=\d+ \|)/g, ' | ');
const isStale = withoutRevisions(before) !== withoutRevisions(after);
if (process.argv.includes('--write')) writeFileSync(page, after);
else if (isStale) process.stdout.write('docs/protocol.md has another table: npm run test:servers -- --write\n');
process.exit(failed.length > 0 || (isStale && !process.argv.includes('--write')) ? 1 : 0);
