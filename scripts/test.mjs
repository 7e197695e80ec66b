/**
 * What `npm test` runs: everything from a fresh clone on. `--long` runs the property tests longer, and installs clients of others.
 * The last line is `N passed, N failed`; a step other than the tests counts as one failure when it fails.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findBrowser, installBrowser, NO_BROWSER } from './browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const long = process.argv.includes('--long');
const env = { ...process.env, ...(long ? { LONG: '1' } : {}) };

let passed = 0;
let failed = 0;

function step(name, command, args) {
  process.stdout.write(`\n== ${name}\n`);
  const windows = process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell: windows });
  if (status !== 0) process.stdout.write(`== ${name} failed (${status ?? 'not started'})\n`);
  return status === 0;
}

function finish() {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

const installed = modified(path.join(root, 'node_modules', '.package-lock.json'));
if (installed < modified(path.join(root, 'package-lock.json')) && !step('npm ci', 'npm', ['ci'])) {
  failed++;
  finish();
}
if (findBrowser() === undefined) {
  process.stdout.write('\n== There is no Chromium: it is installed with apt-get, for the tests of signing in\n');
  if (!installBrowser()) {
    process.stdout.write(`== It could not be installed. ${NO_BROWSER} They will fail.\n`);
    failed++;
  }
}
if (!step('lint', bin('biome'), ['ci', '.'])) failed++;
if (!step('types', bin('tsc'), ['--noEmit'])) failed++;
if (!step('types of the page', bin('tsc'), ['--noEmit', '-p', 'ui'])) failed++;
if (!step('build', 'npm', ['run', '--silent', 'build'])) {
  failed++;
  finish();
}

const reports = mkdtempSync(path.join(os.tmpdir(), 'gateway-tests-'));
const report = path.join(reports, 'report.json');
const succeeded = step('tests', bin('vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
rmSync(reports, { recursive: true, force: true });
passed += counts.numPassedTests ?? 0;
failed += counts.numFailedTests ?? 0;
// A file that does not load fails without a failed test in it.
if (!succeeded && !counts.numFailedTests) failed++;
if (long && !step('a newcomer', process.execPath, ['test/clients/newcomer/main.mjs'])) failed++;
if (long && !step('clients of others', process.execPath, ['test/clients/connect/main.mjs'])) failed++;
finish();
