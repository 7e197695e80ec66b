import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { stdioServer } from '../upstream/testing.ts';
import { createHistory, type History } from './definition-history.ts';
import type { ToolList } from './fetch-tools.ts';
import type { ListChange } from './list-change.ts';
import { readToolsPage } from './tool-entry.ts';

const SERVER = stdioServer('x.mjs');
let folder: string;
let changes: ListChange[];
let failures: unknown[];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'history-')), 'definitions');
  changes = [];
  failures = [];
});

afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

/** As after a restart: nothing is known but what is on disk. */
function open(maxFiles?: number): History {
  return createHistory({
    folder,
    onChange: (change) => changes.push(change),
    failed: (error) => failures.push(error),
    ...(maxFiles === undefined ? {} : { maxFiles }),
  });
}

function list(tools: readonly object[], instructions = 'i'): ToolList {
  const { tools: entries = [] } = readToolsPage(JSON.stringify({ tools }), false) ?? {};
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return { entries, pages: [], byName, ttlMs: undefined, size: 0, instructions };
}

async function listed(tools: readonly object[], server: ServerDefinition = SERVER, capabilities = '{}'): Promise<void> {
  const history = open();
  history.listed(server, capabilities, undefined, list(tools));
  await history.settled();
}

it('tells what changed since the last process, once', async () => {
  await listed([{ name: 'read', description: 'Reads.' }, { name: 'gone' }]);
  await listed([{ name: 'read', description: 'Reads.' }, { name: 'gone' }]);
  expect(changes).toEqual([]);
  for (let start = 0; start < 2; start++) await listed([{ name: 'read', description: 'Sends.' }, { name: 'new' }]);
  expect(changes).toMatchObject([
    { added: ['new'], removed: ['gone'], changed: [{ name: 'read' }], instructions: false, whileRunning: false },
  ]);
  expect(failures).toEqual([]);
});

it('tells what changed while this process ran, and remembers it', async () => {
  const history = open();
  const [first, second] = [list([{ name: 'a' }]), list([{ name: 'a' }], 'other')];
  history.listed(SERVER, '{}', undefined, first);
  history.listed(SERVER, '{}', first, second);
  await history.settled();
  expect(changes).toMatchObject([{ instructions: true, whileRunning: true }]);
  const next = open();
  next.listed(SERVER, '{}', undefined, second);
  await next.settled();
  expect(changes).toHaveLength(1);
});

it('compares only with the same definition of the server and the same kind of client', async () => {
  await listed([{ name: 'a' }]);
  await listed([{ name: 'b' }], { ...SERVER, key: 'another' });
  await listed([{ name: 'c' }], SERVER, '{"sampling":{}}');
  expect(changes).toEqual([]);
});

it('keeps so many files, for its owner alone, and those that are used', async () => {
  const history = open(3);
  for (const key of ['a', 'b', 'c', 'd', 'e'])
    history.listed({ ...SERVER, key }, '{}', undefined, list([{ name: key }]));
  await history.settled();
  const names = readdirSync(folder);
  expect(names).toHaveLength(3);
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it.each([
  ['broken text', '{"format":2,'],
  ['another format', '{"format":3,"instructions":"i","tools":[]}'],
  ['tools that are none', '{"format":2,"instructions":"i","tools":[["a",1]]}'],
  ['null', 'null'],
])('begins anew where the file has %s', async (_what, text) => {
  await listed([{ name: 'a' }]);
  const [name = ''] = readdirSync(folder);
  writeFileSync(join(folder, name), text);
  await listed([{ name: 'b' }]);
  await listed([{ name: 'c' }]);
  expect(changes).toMatchObject([{ added: ['c'], removed: ['b'] }]);
});

it('says when it cannot write', async () => {
  mkdirSync(join(folder, '..'), { recursive: true });
  writeFileSync(folder, 'a file where the folder should be');
  await listed([{ name: 'a' }]);
  expect(failures).toHaveLength(1);
});
