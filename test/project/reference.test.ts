/** The reference pages are what `npm run reference` writes, and every entry of them has a meaning. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';

const FOLDER = path.join(root, 'docs/reference');

it('is what the script writes', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/reference.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it.each(readdirSync(FOLDER))('%s says of everything what it means', (name) => {
  const lines = readFileSync(path.join(FOLDER, name), 'utf8').split('\n');
  expect(lines.filter((line) => /^\| `.*\|\s*\|$/.test(line))).toEqual([]);
});
