import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { stdioServer } from '../upstream/testing.ts';
import { createInstructions, type KnownInstructions } from './server-instructions.ts';

let folder = '';
const failures: unknown[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'amg-instructions-'));
  failures.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'cache', 'instructions.json');
const SERVER = stdioServer('server.mjs');
const OWN: ServerDefinition = {
  ...SERVER,
  key: 'own',
  link: { transport: 'http', url: 'https://example.com/mcp', headers: new Map(), credentials: 'per-principal' },
};

function open(): KnownInstructions {
  const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
  return createInstructions({ path: path(), redact, failed: (error) => failures.push(error) });
}

/** As another process would see it. */
const afterRestart = (server: ServerDefinition, principal = 'ada'): Promise<string | undefined> =>
  open().of(server, principal);

it('remembers what was said last, and that nothing is said any more', async () => {
  const known = open();
  expect(await known.of(SERVER, 'ada')).toBeUndefined();
  for (const [said, expected] of [
    [' First. ', 'First.'],
    ['Password hunter2', 'Password [redacted]'],
    ['x'.repeat(1_999).concat('😀'), 'x'.repeat(1_999)],
    [undefined, undefined],
  ] as const) {
    known.listed(SERVER, 'ada', said);
    expect(await known.of(SERVER, 'bob')).toBe(expected);
    await known.settled();
    expect(await afterRestart(SERVER)).toBe(expected);
    expect(await afterRestart({ ...SERVER, key: 'changed' })).toBeUndefined();
  }
  expect(failures).toEqual([]);
});

it('tells nobody what a server said to the account of somebody else, and writes it nowhere', async () => {
  const known = open();
  known.listed(OWN, 'ada', 'Welcome, Ada.');
  known.listed(SERVER, 'ada', 'Welcome.');
  await known.settled();
  expect(await known.of(OWN, 'ada')).toBe('Welcome, Ada.');
  expect(await known.of(OWN, 'bob')).toBeUndefined();
  expect(readFileSync(path(), 'utf8')).not.toContain('Ada');
  expect(await afterRestart(OWN)).toBeUndefined();
});

it('keeps what several processes write, the newest 500 of it', async () => {
  const [one, other] = [open(), open()];
  for (let at = 0; at < 300; at++) {
    one.listed({ ...SERVER, key: `one ${at}` }, '', `One ${at}.`);
    other.listed({ ...SERVER, key: `other ${at}` }, '', `Other ${at}.`);
  }
  await Promise.all([one.settled(), other.settled()]);
  for (const known of [one, other, open()]) {
    expect(await known.of({ ...SERVER, key: 'one 299' }, '')).toBe('One 299.');
  }
  expect(await afterRestart({ ...SERVER, key: 'other 299' })).toBe('Other 299.');
  expect(await afterRestart({ ...SERVER, key: 'one 0' })).toBeUndefined();
  const { said } = JSON.parse(readFileSync(path(), 'utf8')) as { said: unknown[] };
  expect(said).toHaveLength(500);
});

it('says when it cannot write, and knows it all the same', async () => {
  mkdirSync(path(), { recursive: true });
  const known = open();
  known.listed(SERVER, '', 'First.');
  await known.settled();
  expect(failures).toHaveLength(1);
  expect(await known.of(SERVER, '')).toBe('First.');
});
