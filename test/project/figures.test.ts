/** The figures of docs/tokens.md and docs/code-mode.md are those that the benchmark prints, and what the docs say of languages is so. In the long suite: it takes twenty seconds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { runProgram } from '../support/process.ts';

const LONG = process.env['LONG'] === '1';

const page = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');
const number = (value: unknown): string => Number(value).toLocaleString('en-US');

it.runIf(LONG)('the documented costs in tokens are those of the benchmark', { timeout: 120_000 }, async () => {
  const { code, stdout } = await runProgram(process.execPath, [join(root, 'bench/tokens/run.mjs'), '--json'], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '' },
    ms: 90_000,
  });
  expect(code).toBe(0);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (kind: string) => rows.filter((row) => row['kind'] === kind);
  for (const row of of('task')) {
    const keys = ['servers', 'tools', 'direct', 'list_get_execute', 'search_execute'];
    expect(page('tokens.md')).toContain(`| ${keys.map((key) => number(row[key])).join(' | ')} |`);
  }
  for (const { task, calls, search_execute, search_code, saved } of of('steps')) {
    const figures = [task, calls, number(search_execute), number(search_code), saved];
    expect(page('code-mode.md')).toContain(`| ${figures.join(' | ')} |`);
  }
  const [single] = of('code_for_one_call');
  expect(page('code-mode.md')).toContain(
    `| ${number(single?.['search_execute'])} | ${number(single?.['search_code'])} |`,
  );
  const [even] = of('break_even');
  expect(page('tokens.md')).toContain(`With about **${even?.['search']} tools** or more`);
});

it.runIf(LONG)('no language is worse off with meaning than with words alone', { timeout: 120_000 }, async () => {
  const words = [join(root, 'bench/search/run.mjs'), '--languages', '--json'];
  const env = { PATH: process.env['PATH'] ?? '' };
  const { code, stdout, stderr } = await runProgram(process.execPath, words, { cwd: root, env, ms: 90_000 });
  expect(code, stderr).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(10);
});
