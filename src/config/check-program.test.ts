import { Buffer } from 'node:buffer';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findProgram, programFault } from './check-program.ts';

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
  ['#!/no/such/python\nx', /"\/no\/such\/python" after "#!", which does not exist/],
  ['#! /tmp\nx', /which cannot be run/],
  ['#!/bin/sh\r\necho\r\n', /Windows line ends/],
  ['#!/usr/bin/env node\r\n', /Windows line ends/],
  ['#!/usr/bin/env no-such-program\n', /"no-such-program" .* not in PATH/],
  ['#!/usr/bin/env -S no-such-program --flag\n', /"no-such-program" .* not in PATH/],
  ['\ufeff#!/bin/sh\n', /byte-order mark/],
  [Buffer.from(`\u007fELF\u0002\u0001${'\0'.repeat(12)}\u00f3\0${'\0'.repeat(40)}`, 'latin1'), /another processor/],
])('a program that begins with %j cannot run', (content, message) => {
  writeFileSync(join(dir, 'script'), content, { mode: 0o755 });
  expect(fault(join(dir, 'script'))).toMatchObject({ field: 'command', message: expect.stringMatching(message) });
});

it.each([
  '#!/bin/sh\n',
  '#!/bin/sh -e\n',
  '#!/usr/bin/env good\n',
  '#!/usr/bin/env -S good --flag\n',
  '#!/usr/bin/env -i X=1 unknown\n',
  `#!/${'x'.repeat(400)}\n`,
  'echo no such line\n',
  '#!\n',
  '',
])('a program that begins with %j is not judged', (content) => {
  writeFileSync(join(dir, 'script'), content, { mode: 0o755 });
  expect(fault(join(dir, 'script'))).toBeUndefined();
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
