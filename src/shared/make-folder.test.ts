import fs, { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'make-folder-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('makes what is missing, for this account alone, and leaves what is there', () => {
  const path = join(dir, 'a', 'b', 'c');
  makeFolder(path);
  makeFolder(path);
  for (const made of [path, join(dir, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

it('makes what another process makes at the same time', () => {
  const path = join(dir, 'same', 'time');
  const mkdir = (made: string): void => {
    mkdirSync(made);
    if (made === join(dir, 'same')) mkdirSync(path);
  };
  makeFolder(path, { ...fs, mkdirSync: mkdir as typeof fs.mkdirSync });
  expect(statSync(path).isDirectory()).toBe(true);
});

it('fails where a file is in the way', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow('EEXIST');
  expect(() => makeFolder(join(file, 'a'))).toThrow('ENOTDIR');
});

it.runIf(process.platform === 'linux')('fails where the system makes no folders', () => {
  expect(() => makeFolder('/proc/nope/a')).toThrow('ENOENT');
});
