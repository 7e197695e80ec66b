import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sandboxPathFault } from './check-sandbox.ts';
import { checkServerEntry } from './file-schemas.ts';
import { sandboxOf } from './sandbox-entry.ts';
import { linkOf } from './server-address.ts';

function check(sandbox: Readonly<Record<string, unknown>>) {
  return checkServerEntry(
    new Map<string, unknown>([
      ['command', 'x'],
      ['sandbox', new Map(Object.entries(sandbox))],
    ]),
  );
}

it('lists nothing by default', () => {
  expect(sandboxOf({}, undefined)).toEqual({ read: [], write: [], network: false });
  expect(check({}).ok).toBe(true);
});

it('paths are whole, once each; hosts have a port and small letters', () => {
  const found = sandboxOf(
    {
      read: ['~/a', '/b/../c', '/c/'],
      write: ['~'],
      network: ['API.example.com', 'b.example.com:8443'],
    },
    undefined,
  );
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

/** The findings of `validate` about an entry, or what it reads there. */
function said(entry: object): string {
  const checked = checkServerEntry(asMap(entry) as ReadonlyMap<string, unknown>);
  if (!checked.ok) return checked.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('\n');
  const found: string[] = [];
  const link = linkOf(
    checked.value,
    (at, message) => found.push(`${at.join('.')} ${message}`),
    () => undefined,
  );
  return link?.transport === 'stdio' && found.length === 0
    ? JSON.stringify([link.command, link.sandbox])
    : found.join('\n');
}

function asMap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return new Map(Object.entries(value).map(([key, member]) => [key, asMap(member)]));
}

it('an image runs in a container, with what the entry replaces of it', () => {
  const nothing = { read: [], write: [], network: false };
  expect(said({ image: 'ghcr.io/a/b:1.2', sandbox: 'docker' })).toBe(
    JSON.stringify(['docker', { ...nothing, image: { name: 'ghcr.io/a/b:1.2' } }]),
  );
  const walls = { engine: 'docker', write: ['/srv/x'], network: true };
  expect(said({ image: 'localhost:5000/a/b', command: '/bin/s', cwd: '/w', sandbox: walls })).toBe(
    JSON.stringify([
      'docker',
      {
        read: [],
        write: ['/srv/x'],
        network: true,
        image: { name: 'localhost:5000/a/b', program: '/bin/s', cwd: '/w' },
      },
    ]),
  );
});

it.each([
  [{ sandbox: 'docker' }, 'image is missing'],
  [{ command: 'x', sandbox: 'docker' }, 'image is missing'],
  [{ image: 'a/b' }, 'image is run only in a container'],
  [{ image: 'a/b', command: 'x', sandbox: {} }, 'image is run only in a container'],
  [{ image: 'a/b', url: 'https://a.example', sandbox: 'docker' }, 'sandbox is about programs'],
  [{ image: '--privileged', sandbox: 'docker' }, 'image is not the name of an image'],
  [{ image: 'a b', sandbox: 'docker' }, 'image is not the name of an image'],
  [{ image: 'a/b', cwd: 'w', sandbox: 'docker' }, 'cwd is not a whole path in the container'],
  [{ image: 'a/b', sandbox: { engine: 'docker', network: ['a.example'] } }, 'sandbox.network names hosts'],
  [{ image: 'a/b', sandbox: { engine: 'podman' } }, 'sandbox.engine must be one of "bubblewrap", "docker"'],
  [{ image: 'a/b', sandbox: 'podman' }, 'sandbox must be "docker"'],
])('%j is refused', (entry, why) => {
  expect(said(entry)).toContain(why);
});
