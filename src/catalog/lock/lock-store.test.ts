import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLockStore } from './lock-store.ts';

it.each<[string, (path: string) => void]>([
  [
    'too long',
    (path) => {
      writeFileSync(path, '[]');
      truncateSync(path, 9 * 1024 * 1024);
    },
  ],
  ['a pipe', (path) => spawnSync('mkfifo', [path])],
  ['a folder', (path) => mkdirSync(path)],
])('a lock file that is %s is broken, and not one in which nothing is locked', async (_what, make) => {
  const path = join(mkdtempSync(join(tmpdir(), 'lock-')), 'mcp-gateway.lock.json');
  make(path);
  const broken: string[] = [];
  const store = openLockStore(path, ({ message }) => broken.push(message));
  expect(await store.read()).toBeUndefined();
  expect(broken).toHaveLength(1);
  const replaced = store.update(() => new Map([['files', new Map([['tool read', 'x']])]]));
  await expect(replaced).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
