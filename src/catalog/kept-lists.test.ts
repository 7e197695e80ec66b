import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { stdioServer, tenant } from '../upstream/testing.ts';
import type { ToolList } from './fetch-tools.ts';
import { createKeptLists, type KeptLists } from './kept-lists.ts';
import { readToolsPage } from './tool-entry.ts';

const SERVER = stdioServer('x.mjs');
const OWN: ServerDefinition = {
  ...SERVER,
  key: 'own',
  link: { transport: 'http', url: 'https://example.com/mcp', headers: new Map(), credentials: 'per-principal' },
};
const ADA = tenant('ada');

let folder: string;
let failures: unknown[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kept-lists-')), 'lists');
  failures = [];
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

/** As after a restart. */
function open(maxFiles?: number): KeptLists {
  return createKeptLists({
    folder,
    redact: (text) => text.replaceAll('hunter2', '[redacted]'),
    notWritten: (error) => failures.push(error),
    ...(maxFiles === undefined ? {} : { maxFiles }),
  });
}

function list(tools: string): ToolList {
  const { tools: entries = [] } = readToolsPage(`{"tools":${tools}}`, false) ?? {};
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return { entries, pages: [], byName, ttlMs: undefined, size: 0, instructions: undefined };
}

async function listed(tools: string, server = SERVER, whose = ADA, maxFiles?: number): Promise<void> {
  const kept = open(maxFiles);
  kept.listed(server, whose, list(tools));
  await kept.settled();
}

function age(path: string): void {
  const then = new Date(statSync(path).mtimeMs - 10_000);
  utimesSync(path, then, then);
}

const known = async (server = SERVER, whose = ADA): Promise<string[] | undefined> =>
  (await open().of(server, whose))?.map(({ raw }) => raw);

it('knows every tool as it was written, for any principal, and the newest list', async () => {
  const tool = fc.dictionary(fc.string(), fc.jsonValue()).map((more) => ({ more, name: 'a', inputSchema: {} }));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(tool, { maxLength: 5 }), fc.constantFrom(0, 1, 3), async (tools, space) => {
      const text = JSON.stringify(tools, null, space);
      await listed(text);
      expect(await known(SERVER, tenant('bob'))).toEqual(list(text).entries.map(({ raw }) => raw));
    }),
    { numRuns: 30 },
  );
  expect(failures).toEqual([]);
});

it('knows nothing of another definition, or for clients that can do something else', async () => {
  await listed('[{"name":"a"}]');
  expect(await known({ ...SERVER, key: 'changed' })).toBeUndefined();
  expect(await known(SERVER, tenant('ada', { capabilities: '{"sampling":{}}' }))).toBeUndefined();
  await listed('[]');
  expect(await known()).toEqual([]);
});

it.each([
  ['for one account alone', '[{"name":"a"}]', OWN],
  ['with a secret', '[{"name":"a","description":"Use hunter2."}]', SERVER],
  ['that is very long', `[{"name":"a","description":"${'x'.repeat(1024 * 1024)}"}]`, SERVER],
])('writes down nothing %s', async (_what, tools, server) => {
  await listed(tools, server);
  expect(await known(server)).toBeUndefined();
  expect(() => readdirSync(folder)).toThrow('ENOENT');
  expect(failures).toEqual([]);
});

it('tells nothing of a server that failed, until it is listed', async () => {
  await listed('[{"name":"a"}]');
  const kept = open();
  expect(await kept.of(SERVER, ADA)).toHaveLength(1);
  kept.failed(SERVER);
  expect(await kept.of(SERVER, ADA)).toBeUndefined();
  kept.listed(SERVER, ADA, list('[{"name":"b"},{"name":"c"}]'));
  await kept.settled();
  expect(await kept.of(SERVER, ADA)).toHaveLength(2);
});

it('gives the same entries to every search', async () => {
  await listed('[{"name":"a"}]');
  const kept = open();
  expect(await kept.of(SERVER, ADA)).toBe(await kept.of(SERVER, tenant('bob')));
});

it('is read by nobody else, and the list that was not used for longest goes first', async () => {
  for (const key of ['one', 'two', 'one', 'three']) {
    await listed('[]', { ...SERVER, key }, ADA, 2);
    for (const file of readdirSync(folder)) age(join(folder, file));
  }
  const files = readdirSync(folder);
  expect(files).toHaveLength(2);
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  expect(await known({ ...SERVER, key: 'three' })).toEqual([]);
  expect(await known({ ...SERVER, key: 'two' })).toBeUndefined();
});

it.each(['', '{', 'null', '[]', '{"format":2,"tools":[]}', '{"format":1}', '{"format":1,"tools":{}}'])(
  'a file that is damaged is none: %s',
  async (text) => {
    await listed('[{"name":"a"}]');
    const [file = ''] = readdirSync(folder);
    writeFileSync(join(folder, file), text);
    expect(await known()).toBeUndefined();
    await listed('[{"name":"b"}]');
    expect(await known()).toEqual(['{"name":"b"}']);
  },
);

it('leaves out of a file what is no tool', async () => {
  await listed('[{"name":"a"}]');
  const [file = ''] = readdirSync(folder);
  const path = join(folder, file);
  const content = JSON.parse(readFileSync(path, 'utf8')) as { tools: unknown[] };
  content.tools.push(1, null, {}, '', '{', '[]', '{"name":1}', '{"name":"b","name":"c"}');
  writeFileSync(path, JSON.stringify(content));
  expect(await known()).toEqual(['{"name":"a"}']);
});

it('says when it cannot write', async () => {
  mkdirSync(join(folder, '..'), { recursive: true });
  writeFileSync(folder, 'a file');
  await listed('[]');
  expect(failures).toHaveLength(1);
  expect(await known()).toBeUndefined();
});
