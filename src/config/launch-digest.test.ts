import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { launchDigest, packageOf } from './launch-digest.ts';
import type { StdioDefinition } from './snapshot.ts';

const digest = (entry: Readonly<Record<string, unknown>>): string => launchDigest(new Map(Object.entries(entry)));
const base = { command: 'node', args: ['s.js'], env: new Map([['TOKEN', 'one']]) };

it('changes with what is started, and not with the values of variables', () => {
  expect(digest({ ...base, env: new Map([['TOKEN', 'two']]), description: 'd', timeout_ms: 5 })).toBe(digest(base));
  const others = [
    { ...base, command: 'bun' },
    { ...base, args: ['s.js', '--all'] },
    { ...base, cwd: '/x' },
    { ...base, env: new Map([...base.env, ['NODE_OPTIONS', '']]) },
    { url: 'https://example.com/mcp' },
    { url: 'https://example.com/mcp', headers: new Map([['authorization', 'a']]) },
  ];
  expect(new Set([base, ...others].map(digest)).size).toBe(others.length + 1);
  const header = (value: string) => ({ url: 'https://example.com', headers: new Map([['authorization', value]]) });
  expect(digest(header('a'))).toBe(digest(header('b')));
});

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'launch-')));
afterAll(() => rmSync(folder, { recursive: true }));

it('finds the package of a script and of a command, and none of what runs other packages', async () => {
  const own = join(folder, 'node_modules/pack');
  mkdirSync(join(own, 'dist'), { recursive: true });
  writeFileSync(join(own, 'package.json'), '{"name":"pack","version":"1.2.3"}');
  writeFileSync(join(own, 'dist/main.js'), '#!/usr/bin/env node\n', { mode: 0o755 });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(join(own, 'dist/main.js'), join(bin, 'pack'));
  const link = (command: string, args: readonly string[]): { link: StdioDefinition } => ({
    link: { transport: 'stdio', command, args, env: new Map([['PATH', bin]]), cwd: undefined },
  });
  const expected = { name: 'pack', version: '1.2.3' };
  expect(await packageOf(link('node', ['--no-warnings', join(own, 'dist/main.js')]))).toEqual(expected);
  expect(await packageOf(link('pack', []))).toEqual(expected);
  expect(await packageOf(link('absent', []))).toBeUndefined();
  writeFileSync(join(own, 'package.json'), '{"name":"npm","version":"1.2.3"}');
  expect(await packageOf(link('pack', ['-y', 'other']))).toBeUndefined();
  expect(await packageOf(link(process.execPath, ['-e', '0']))).toBeUndefined();
});
