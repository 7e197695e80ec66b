/** Runs the official suite and reads what it found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { node22 } from './node22.mjs';

const packageJson = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
const suite = path.dirname(packageJson);
export const SUITE_VERSION = JSON.parse(readFileSync(packageJson, 'utf8')).version;
const baselines = fileURLToPath(new URL('baselines/', import.meta.url));
const LIMIT_MS = 300_000;

/** Entries of one list of a YAML file of the suite, which are plain names; comments are dropped. */
function yamlList(file, key) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start < 0) return [];
  const end = lines.findIndex((line, index) => index > start && /^[a-z_]+:/.test(line));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .map((line) => /^\s*-\s+([^\s#]+)/.exec(line)?.[1])
    .filter((name) => name !== undefined);
}

/** The scenarios that a revision requires. @param {'server' | 'client'} leg */
export const required = (revision, leg) => yamlList(path.join(suite, 'requirements', `${revision}.yaml`), leg);

/** What a baseline lets fail: whole scenarios, or `scenario:check`. @param {'server' | 'client' | 'unscored'} section */
export const allowed = (baseline, section) => yamlList(path.join(baselines, `${baseline}.yaml`), section);

/** @returns exit code and output */
async function run(args, env = {}) {
  const child = spawn(node22(), [path.join(suite, 'dist/index.js'), ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code: code ?? 1, output };
}

const count = (checks, status) => checks.filter((check) => check.status === status).length;

/** The result of one scenario as one row. */
function row(scenario, scored, checks) {
  const failures = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  return {
    scenario,
    scored,
    passed: count(checks, 'SUCCESS'),
    failed: count(checks, 'FAILURE'),
    warnings: count(checks, 'WARNING'),
    failures: failures.map(({ id, name, errorMessage, description }) => ({
      check: id,
      name,
      message: errorMessage ?? description,
    })),
  };
}

/** Every scenario that left results in a directory of the suite. */
function rows(dir, prefix, scored) {
  return readdirSync(dir, { recursive: true })
    .filter((file) => path.basename(file) === 'checks.json')
    .map((file) => {
      // Names of scenarios may have a folder: `auth/basic-cimd`.
      const entry = path.dirname(file);
      const scenario = entry.slice(prefix.length).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
      const checks = JSON.parse(readFileSync(path.join(dir, file), 'utf8'));
      return row(scenario, scored.includes(scenario), checks);
    })
    .sort((a, b) => Number(b.scored) - Number(a.scored) || scored.indexOf(a.scenario) - scored.indexOf(b.scenario));
}

/** What failed and may not, and what may fail and did not. */
export function judge(results, baseline, leg) {
  const may = new Set([...allowed(baseline, leg), ...allowed(baseline, 'unscored')]);
  const problems = [];
  for (const { scenario, passed, failures } of results) {
    const whole = may.has(scenario);
    const failing = new Set(failures.map(({ check }) => `${scenario}:${check}`));
    if (whole && failing.size === 0 && passed > 0) problems.push(`${scenario} passes: remove it from ${baseline}.yaml`);
    if (whole) continue;
    for (const entry of failing) if (!may.has(entry)) problems.push(`${entry} failed`);
    for (const entry of may) {
      if (entry.startsWith(`${scenario}:`) && !failing.has(entry)) {
        problems.push(`${entry} passes: remove it from ${baseline}.yaml`);
      }
    }
  }
  return problems;
}

/** The server scenarios of a revision, against a URL. @param {string} baseline name of a file in baselines/ */
export async function serverSuite(url, revision, baseline) {
  const dir = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    const file = path.join(baselines, `${baseline}.yaml`);
    const args = ['server', '--url', url, '--requirements', revision, '--expected-failures', file, '-o', dir];
    const { code, output } = await run(args);
    const results = rows(dir, 'server-', required(revision, 'server'));
    const problems = judge(results, baseline, 'server');
    if (code !== 0 && problems.length === 0) problems.push(`the suite ended with ${code}:\n${output.slice(-2_000)}`);
    return { results, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Scenarios for servers that no revision requires, against a URL. @param {string} baseline name of a file in baselines/ */
export async function extensionSuite(url, revision, scenarios, baseline) {
  const dir = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    for (const scenario of scenarios) {
      await run(['server', '--url', url, '--scenario', scenario, '--spec-version', revision, '--force', '-o', dir]);
    }
    const results = rows(dir, 'server-', []);
    const problems = judge(results, baseline, 'server');
    for (const scenario of scenarios) {
      if (!results.some((result) => result.scenario === scenario)) problems.push(`${scenario} left no result`);
    }
    return { results, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Client scenarios of a revision, one after the other, with a command that gets the URL of each as last argument. */
export async function clientSuite(command, revision, scenarios, baseline, env) {
  const dir = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    const outputs = {};
    for (const scenario of scenarios) {
      const args = [
        'client',
        '--command',
        command,
        '--scenario',
        scenario,
        '--spec-version',
        revision,
        // Extensions have no revision.
        '--force',
        '-o',
        dir,
        '--verbose',
      ];
      outputs[scenario] = (await run(args, env)).output;
    }
    const results = rows(dir, '', required(revision, 'client'));
    const problems = judge(results, baseline, 'client');
    for (const scenario of scenarios) {
      if (results.some((result) => result.scenario === scenario)) continue;
      problems.push(`${scenario} left no result:\n${outputs[scenario].slice(-1_000)}`);
    }
    return { results, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
