/**
 * What `npm test` runs: everything from a fresh clone on. `--long` runs the property tests longer, and installs clients of others.
 * The last line is `N passed, N failed`; a step other than the tests counts as one failure when it fails.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findBrowser, installBrowser, NO_BROWSER } from './browser.mjs';
import { installPackages } from './debian.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const long = process.argv.includes('--long');
const env = { ...process.env, ...(long ? { LONG: '1' } : {}) };

let passed = 0;
let failed = 0;

function started(command, args, stdio, more = {}) {
  return spawn(command, args, { cwd: root, env: { ...env, ...more }, stdio, shell: process.platform === 'win32' });
}

function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
}

async function step(name, command, args, more = {}) {
  process.stdout.write(`\n== ${name}\n`);
  const status = await ended(started(command, args, 'inherit', more));
  if (status !== 0) process.stdout.write(`== ${name} failed (${status})\n`);
  return status === 0;
}

/** Takes what the tests leave of the machine. @returns what is to be told of it */
async function check(name, command, args) {
  const child = started(command, args, ['ignore', 'pipe', 'pipe']);
  try {
    os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW);
  } catch {
    // It ended already, or was not started.
  }
  let output = `\n== ${name}\n`;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const status = await ended(child);
  return { output: status === 0 ? output : `${output}== ${name} failed (${status})\n`, isGood: status === 0 };
}

/** The checks that need no build, one after the other. */
async function checkAll() {
  return [
    await check('lint', bin('biome'), ['ci', '.']),
    await check('types', bin('tsc'), ['--noEmit']),
    await check('types of the page', bin('tsc'), ['--noEmit', '-p', 'ui']),
  ];
}

/** Each client of others is a test: what it does over stdio and HTTP. A silence of 70 s is for `npm run test:clients`. */
async function eachClient() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-clients-'));
  const counted = path.join(folder, 'counts.json');
  const args = ['test/clients/main.mjs', '--report', counted];
  const isGood = await step('what clients of others do', process.execPath, args, { CLIENTS_QUIET_MS: '5000' });
  const told = existsSync(counted) ? JSON.parse(readFileSync(counted, 'utf8')) : {};
  rmSync(folder, { recursive: true, force: true });
  passed += told.passed ?? 0;
  failed += told.failed ?? 0;
  if (!isGood && !told.failed) failed++;
}

function finish() {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

const installed = modified(path.join(root, 'node_modules', '.package-lock.json'));
if (installed < modified(path.join(root, 'package-lock.json')) && !(await step('npm ci', 'npm', ['ci']))) {
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
if (process.platform === 'linux' && !existsSync('/usr/bin/bwrap')) {
  process.stdout.write('\n== There is no bubblewrap: it is installed with apt-get, for the tests of sandboxes\n');
  if (!installPackages('bubblewrap')) process.stdout.write('== It could not be installed: these tests are left out.\n');
}
if (process.platform === 'linux' && !['redis', 'valkey'].some((name) => existsSync(`/usr/bin/${name}-server`))) {
  process.stdout.write('\n== There is no Redis: it is installed with apt-get, for the tests of several gateways\n');
  if (!installPackages('redis-server'))
    process.stdout.write('== It could not be installed: these tests are left out.\n');
}
if (long && process.platform === 'linux' && !existsSync('/usr/bin/docker') && !existsSync('/usr/local/bin/docker')) {
  process.stdout.write('\n== There is no Docker: it is installed with apt-get, for the tests of containers\n');
  if (!installPackages('docker.io')) process.stdout.write('== It could not be installed: these tests are left out.\n');
}
if (long && process.platform === 'linux' && !existsSync('/usr/sbin/nginx')) {
  process.stdout.write('\n== There is no nginx: it is installed with apt-get, for the tests of several replicas\n');
  if (!installPackages('nginx-light'))
    process.stdout.write('== It could not be installed: these tests are left out.\n');
}
if (!(await step('build', 'npm', ['run', '--silent', 'build']))) {
  failed++;
  finish();
}

const reports = mkdtempSync(path.join(os.tmpdir(), 'gateway-tests-'));
const report = path.join(reports, 'report.json');
const checks = checkAll();
const succeeded = await step('tests', bin('vitest'), [
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
if (long && !(await step('a newcomer', process.execPath, ['test/clients/newcomer/main.mjs']))) failed++;
if (long && !(await step('clients of others', process.execPath, ['test/clients/connect/main.mjs']))) failed++;
if (long && !(await step('APIs of others', process.execPath, ['test/apis/main.mjs']))) failed++;
if (long) await eachClient();
for (const { output, isGood } of await checks) {
  process.stdout.write(output);
  if (!isGood) failed++;
}
finish();
