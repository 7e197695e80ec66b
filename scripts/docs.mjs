/**
 * What `npm run docs` runs: installs the packages of the site, builds it into docs/.vitepress/dist, and checks what was built: every link
 * and anchor leads somewhere, and nothing is loaded from another place.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { siteProblems } from './docs/site-problems.mjs';

const site = fileURLToPath(new URL('../docs/.vitepress', import.meta.url));

function npm(...args) {
  const { status } = spawnSync('npm', args, { cwd: site, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exit(1);
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

const installed = modified(path.join(site, 'node_modules/.package-lock.json'));
// No package of it needs its install script.
if (installed < modified(path.join(site, 'package-lock.json')))
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
npm('exec', '--', 'vitepress', 'build', '..');

const problems = siteProblems(path.join(site, 'dist'));
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`The site is in ${path.join('docs', '.vitepress', 'dist')}\n`);
