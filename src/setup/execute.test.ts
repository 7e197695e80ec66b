import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { executePlan, undo } from './execute.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'execute-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The rest that sealing the first secret leaves. */
function makeKey(configDir: string): void {
  mkdirSync(join(configDir, 'credentials'), { recursive: true });
  writeFileSync(join(configDir, 'credentials', 'key.json'), '{}');
}

it('a run that is refused leaves no key and no folder behind', async () => {
  const configDir = join(home, 'config', 'gateway');
  const path = join(home, 'client.json');
  writeFileSync(path, 'changed since');
  const run = executePlan(configDir, 'setup', async () => {
    makeKey(configDir);
    return [{ path, before: Buffer.from('{}'), after: Buffer.from('{"a": 1}'), owner: 'cursor' }];
  });
  await expect(run).rejects.toMatchObject({ code: 'CANNOT_WRITE' });
  expect(readdirSync(home)).toEqual(['client.json']);
});

it('a run that is refused leaves the key that was there', async () => {
  makeKey(home);
  const run = executePlan(home, 'setup', async () => {
    throw new Error('no');
  });
  await expect(run).rejects.toThrow('no');
  expect(existsSync(join(home, 'credentials', 'key.json'))).toBe(true);
});

it('undo removes the lock of a run that was killed before it did anything', async () => {
  const configDir = join(home, 'gateway');
  mkdirSync(configDir);
  writeFileSync(join(configDir, 'setup.lock'), `4194304 ${hostname()}\n`);
  expect(await undo(configDir)).toEqual([]);
  expect(readdirSync(home)).toEqual([]);
});
