import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'gateway-env-file-'));
afterAll(() => rmSync(dir, { recursive: true }));
const path = join(dir, '.env');

it.each([
  ['plain lines, comments and blanks', '# one\n\nA=1\nB = two # why\n', { A: '1', B: 'two' }],
  ['export', 'export A=1\nexport  B=2\n', { A: '1', B: '2' }],
  ['quotes', `A="x # y"\nB='$HOME'\nC="one\ntwo"\n`, { A: 'x # y', B: '$HOME', C: 'one\ntwo' }],
  ['Windows line ends', 'A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
  ['a byte-order mark', '\ufeffA=1\n', { A: '1' }],
  ['a line that says nothing', 'hello there\nA=1\nno more\n', { A: '1' }],
  ['nothing', '', {}],
])('reads %s', (_what, text, expected) => {
  writeFileSync(path, Buffer.from(text));
  const read = readEnvFile(path);
  expect(read.ok && Object.fromEntries(read.variables)).toEqual(expected);
});

it('says why it cannot', () => {
  expect(readEnvFile(join(dir, 'none'))).toEqual({ ok: false, message: 'does not exist' });
  expect(readEnvFile(dir)).toEqual({ ok: false, message: 'is not a regular file' });
});
