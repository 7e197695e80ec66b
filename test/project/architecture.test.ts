/** Sizes, names and imports of the code stay within their bounds (AGENTS.md, Code). */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';

it('has no function or file that is too long, no nameless state, no name twice and no circle of imports', () => {
  const check = spawnSync(process.execPath, ['scripts/architecture.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect({ status: check.status, output: check.stdout + check.stderr }).toEqual({ status: 0, output: '' });
});

it('docs/architecture.md has a row for each folder of the code', () => {
  const text = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
  const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.filter(({ name }) => !text.includes(`\n| \`src/${name}/\` | `)).map(({ name }) => name)).toEqual([]);
});
