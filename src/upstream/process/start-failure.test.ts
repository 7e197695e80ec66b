import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import type { StdioDefinition } from '../../config/snapshot.ts';
import { plainLaunch, startProcess } from './server-process.ts';
import { whyNotStarted } from './start-failure.ts';

const dir = mkdtempSync(join(tmpdir(), 'gateway-start-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, text: string, mode: number): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
symlinkSync('loop', join(dir, 'loop'));
const plain = file('plain', '', 0o644);

const definition = (over: Partial<StdioDefinition>): StdioDefinition => ({
  transport: 'stdio',
  command: process.execPath,
  args: [],
  env: new Map(),
  cwd: undefined,
  ...over,
});

it.each<[string, Partial<StdioDefinition>, RegExp, RegExp]>([
  ['a missing program', { command: 'no-such-program' }, /not in PATH \(ENOENT\)/, /^Install/],
  ['a missing folder', { cwd: '/no/such' }, /"cwd" does not exist \(ENOENT\)/, /"cwd"/],
  ['a file as folder', { cwd: plain }, /"cwd" is not a folder \(ENOTDIR\)/, /"cwd"/],
  [
    'a missing interpreter',
    { command: file('lost', '#!/no/such/sh\n', 0o755) },
    /"\/no\/such\/sh" .* does not exist \(ENOENT\)/,
    /"args"/,
  ],
  ['Windows line ends', { command: file('crlf', '#!/bin/sh\r\n', 0o755) }, /CRLF.* \(ENOENT\)/, /sed/],
  ['a folder as interpreter', { command: file('dir', '#!/tmp\n', 0o755) }, /cannot be run \(EACCES\)/, /"args"/],
  ['a file that is no program', { command: plain }, /not executable \(EACCES\)/, /chmod/],
  ['a folder', { command: dir }, /is a folder \(EACCES\)/, /program in it/],
  ['a file in a file', { command: `${plain}/x` }, /no folder \(ENOTDIR\)/, /"command"/],
  ['links in a circle', { command: join(dir, 'loop') }, /links .* \(ELOOP\)/, /"command"/],
  ['a path that is too long', { command: `/${'x'.repeat(300)}` }, /too long .* \(ENAMETOOLONG\)/, /"command"/],
  ['a value that is too big', { env: new Map([['A', 'x'.repeat(200_000)]]) }, /too big .* \(E2BIG\)/, /128 KiB/],
  ['a tilde', { command: '~/bin/x' }, /only a shell replaces \(ENOENT\)/, /userHome/],
  ['a command line', { command: 'npx -y x' }, /whole command line.* \(ENOENT\)/, /"args"/],
])('%s: the reason and the fix', async (_what, over, reason, fix) => {
  const wanted = definition(over);
  const { exited, stop } = startProcess(plainLaunch(wanted, 'marker'), 'marker');
  const { error } = await exited;
  const failure = whyNotStarted(error, wanted);
  expect(failure.reason).toMatch(reason);
  expect(failure.fix).toMatch(fix);
  expect(failure.isConfig).toBe(true);
  await stop();
});

it.each(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'])(
  '%s is no fault of the entry, whatever else is wrong with it',
  (code) => {
    const error = Object.assign(new Error(code), { code });
    expect(whyNotStarted(error, definition({ cwd: '/no/such' }))).toMatchObject({
      reason: expect.stringContaining(`(${code})`),
      isConfig: false,
    });
  },
);

it('whoever never started has no process', async () => {
  const child = startProcess(plainLaunch(definition({ command: join(dir, 'loop') }), 'marker'), 'marker');
  expect(child.pid).toBeUndefined();
  await Promise.all([child.stopped, child.stop()]);
});
