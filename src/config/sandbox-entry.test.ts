import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sandboxPathFault } from './check-sandbox.ts';
import { checkServerEntry } from './file-schemas.ts';
import { sandboxOf } from './sandbox-entry.ts';

function check(sandbox: Readonly<Record<string, unknown>>) {
  return checkServerEntry(
    new Map<string, unknown>([
      ['command', 'x'],
      ['sandbox', new Map(Object.entries(sandbox))],
    ]),
  );
}

it('lists nothing by default', () => {
  expect(sandboxOf({})).toEqual({ read: [], write: [], network: false });
  expect(check({}).ok).toBe(true);
});

it('paths are whole, once each; hosts have a port and small letters', () => {
  const found = sandboxOf({
    read: ['~/a', '/b/../c', '/c/'],
    write: ['~'],
    network: ['API.example.com', 'b.example.com:8443'],
  });
  expect(found.read).toEqual([join(homedir(), 'a'), '/c']);
  expect(found.write).toEqual([homedir()]);
  expect(found.network).toEqual(['api.example.com:443', 'b.example.com:8443']);
});

it.each([
  'a/b',
  './a',
  '',
  '/',
  '//',
  '/..',
  '~other/x',
  '/proc',
  '/proc/1/root',
  '/sys/fs',
  '/dev',
  '/dev/sda',
  '/a\0b',
])('refuses the path %j', (path) => {
  expect(check({ read: [path] }).ok).toBe(false);
  expect(check({ write: [path] }).ok).toBe(false);
});

it.each([
  'localhost',
  '*.example.com',
  'https://example.com',
  '127.0.0.1',
  '0x7f.0x1',
  '1.2.3.4:443',
  '[::1]',
  '::1',
  'example.com:0',
  'example.com:65536',
  'example.com/x',
  'exa mple.com',
  '-a.example.com',
  '',
])('refuses the host %j', (host) => {
  expect(check({ network: [host] }).ok).toBe(false);
});

it.each([true, false, [], ['api.example.com'], ['xn--bcher-kva.example:8443'], ['1.example.com']])(
  'takes the network %j',
  (network) => {
    expect(check({ network }).ok).toBe(true);
  },
);

it('knows its keys, and says which there are', () => {
  const found = check({ reads: [] });
  expect(found.ok ? '' : found.issues[0]?.fix).toContain('read, write, network');
});

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-')));
afterAll(() => rmSync(folder, { recursive: true }));

it('finds paths that are not there, a working directory that is not shown, and a link that the program itself can change', () => {
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  const fault = (read: string[], write: string[], cwd?: string) =>
    sandboxPathFault({ sandbox: { read, write, network: false }, cwd })?.field;
  expect(fault([inner], [folder], inner)).toBeUndefined();
  expect(fault([], [], '/usr/share')).toBeUndefined();
  expect(fault([join(folder, 'missing')], [])).toBe('sandbox');
  expect(fault([], [], inner)).toBe('cwd');
  renameSync(inner, join(folder, 'moved'));
  symlinkSync('/usr', inner);
  expect(fault([inner], [folder])).toBe('sandbox');
  expect(fault([inner], [])).toBeUndefined();
});
