import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findProgram, programFault } from './program.ts';

const dir = mkdtempSync(join(tmpdir(), 'gateway-program-'));
afterAll(() => rmSync(dir, { recursive: true }));
mkdirSync(join(dir, 'a folder'));
for (const name of ['good', 'with space', 'plain']) writeFileSync(join(dir, name), '#!/bin/sh\n');
for (const name of ['good', 'with space']) chmodSync(join(dir, name), 0o755);
symlinkSync('loop', join(dir, 'loop'));

const fault = (command: string, cwd?: string) => programFault({ command, cwd, env: new Map([['PATH', dir]]) });

it.each([
  ['~/bin/server', 'command', /only a shell replaces/, /userHome/],
  ['npx -y some-server', 'command', /whole command line/, /"npx" into "command" .* \["-y","some-server"\]/],
  ['uvx some-server', 'command', /whole command line/, /"uvx"/],
  ['no-such', 'command', /not in PATH/, /^Install no-such/],
  [join(dir, 'none'), 'command', /does not exist/, /Correct/],
  [join(dir, 'plain'), 'command', /not executable/, /chmod \+x/],
  [join(dir, 'a folder'), 'command', /is a folder/, /program in it/],
])('%s is a fault of %s', (command, field, message, fix) => {
  const found = fault(command);
  expect(found).toMatchObject({ field, message: expect.stringMatching(message), fix: expect.stringMatching(fix) });
});

it.each([
  ['/no/such/folder', /does not exist/],
  [join(dir, 'good'), /not a folder/],
  [join(dir, 'good', 'below'), /a part of its path/],
  [join(dir, 'loop'), /links/],
  ['~/work', /only a shell replaces/],
])('the working directory %s is a fault', (cwd, message) => {
  expect(fault('good', cwd)).toMatchObject({ field: 'cwd', message: expect.stringMatching(message) });
});

it('finds what can be run: by PATH, by path, from cwd, with spaces in its name', () => {
  expect(findProgram('good', dir, undefined)).toBe(join(dir, 'good'));
  for (const command of ['good', join(dir, 'with space'), './good']) expect(fault(command, dir)).toBeUndefined();
});
