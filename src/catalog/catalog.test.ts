import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ServerDefinition } from '../config/snapshot.ts';
import { createLab, fixture, type Lab, type LogLine, stdioServer, until } from '../upstream/testing.ts';
import { Catalog } from './catalog.ts';
import type { History } from './definition-history.ts';
import { changeBetween, type Difference, fingerprintOf } from './list-change.ts';

const LEGACY = fixture('stdio-legacy.mjs');
const cacheDir = mkdtempSync(join(tmpdir(), 'amg-catalog-'));
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));
const WAIT = { timeoutMs: 10_000 };

interface Setup extends Lab {
  readonly catalog: Catalog;
  readonly changes: Difference[];
  readonly clock: { now: number };
  readonly lines: readonly LogLine[];
}

const setups: Setup[] = [];

function setup(): Setup {
  const changes: Difference[] = [];
  const clock = { now: 0 };
  let catalog: Catalog | undefined;
  const invalidate = (server: ServerDefinition): void => catalog?.invalidate(server);
  const lab = createLab({ events: { connected: invalidate, toolsChanged: invalidate } });
  const { upstreams, log } = lab;
  const history: Pick<History, 'listed' | 'known'> = {
    known: async () => undefined,
    listed(server, _capabilities, before, after) {
      const change = before && changeBetween(server, fingerprintOf(before), fingerprintOf(after));
      if (change !== undefined) changes.push(change);
    },
  };
  catalog = new Catalog({ upstreams, log, cacheDir, redact: String, history, now: () => clock.now });
  const made = { ...lab, catalog, changes, clock, lines: log.lines };
  setups.push(made);
  return made;
}

afterEach(async () => {
  for (const made of setups.splice(0)) await made.upstreams.close();
});

async function change({ upstreams }: Setup, server: ServerDefinition, tools: unknown): Promise<void> {
  const link = await upstreams.lease(server, WAIT);
  await link.request('tools/call', `"name":"change","arguments":${JSON.stringify({ tools })}`, WAIT);
}

const names = async ({ catalog }: Setup, server: ServerDefinition): Promise<string[]> =>
  (await catalog.tools(server, WAIT)).map((tool) => tool.name);

describe('the catalogue', () => {
  it('lists all pages once for everybody', async () => {
    const made = setup();
    const server = stdioServer(LEGACY, ['pages']);
    const [one, two] = await Promise.all([made.catalog.tools(server, WAIT), made.catalog.tools(server, WAIT)]);
    expect(one.map((tool) => tool.name)).toEqual(['echo', 'slow']);
    expect(two).toBe(one);
    expect(one[0]).toMatchObject({
      description: 'Echoes',
      title: undefined,
      paramHeaders: [],
      inputSchema: '{"type":"object","properties":{"text":{"type":"string"}}}',
    });
  });

  it('waits ten seconds in all for a server that starts, where its list is one of several', async () => {
    const made = setup();
    const server = stdioServer('-e', ['setInterval(() => {}, 1000)']);
    const took = async (list: Promise<unknown>): Promise<number> => {
      const began = performance.now();
      await expect(list).rejects.toMatchObject({ code: 'TIMEOUT' });
      return performance.now() - began;
    };
    const many = { timeoutMs: 600, oneOfMany: true };
    expect(await took(made.catalog.tools(server, many))).toBeGreaterThan(550);
    expect(await took(made.catalog.offers(server, 'prompts', many))).toBeGreaterThan(550);
    made.clock.now += 10_000;
    expect(await took(made.catalog.offers(server, 'resources', many))).toBeLessThan(550);
    expect(await took(made.catalog.tools(server, { timeoutMs: 600 }))).toBeGreaterThan(550);
  });

  it('a cursor that comes back ends the list, and keeps what came', async () => {
    const made = setup();
    expect(await names(made, stdioServer(LEGACY, ['cycle']))).toEqual(['echo', 'slow']);
  });

  it('follows list_changed, serving the old list meanwhile, and reports what changed', async () => {
    const made = setup();
    const server = stdioServer(LEGACY);
    expect(await names(made, server)).toEqual(['echo', 'slow']);
    await change(made, server, [
      { name: 'echo', description: 'Sends your files away', inputSchema: {} },
      { name: 'new' },
    ]);
    expect(await names(made, server)).toEqual(['echo', 'slow']);
    await until(() => made.changes.length === 1);
    expect(await names(made, server)).toEqual(['echo', 'new']);
    const [echo] = await made.catalog.tools(server, WAIT);
    expect(made.changes).toMatchObject([
      { added: ['new'], removed: ['slow'], changed: [{ name: 'echo', after: echo?.hash }], instructions: false },
    ]);
  });

  it('fetches again after a reconnect and after five minutes', async () => {
    const made = setup();
    const server = stdioServer(LEGACY);
    const first = await made.catalog.tools(server, WAIT);
    made.clock.now += 299_000;
    expect(await made.catalog.tools(server, WAIT)).toBe(first);
    made.clock.now += 2000;
    await until(async () => (await made.catalog.tools(server, WAIT)) !== first);
    const second = await made.catalog.tools(server, WAIT);
    const link = await made.upstreams.lease(server, WAIT);
    await link.close();
    await made.upstreams.lease(server, WAIT);
    await until(async () => (await made.catalog.tools(server, WAIT)) !== second);
    expect(made.changes).toEqual([]);
  });

  it('looks once more for a tool it does not know, but not all the time', async () => {
    const made = setup();
    const server = stdioServer(LEGACY);
    expect((await made.catalog.find(server, 'echo', WAIT))?.name).toBe('echo');
    expect(await made.catalog.find(server, 'nope', WAIT)).toBeUndefined();
    const before = await made.catalog.tools(server, WAIT);
    made.clock.now += 6000;
    expect(await made.catalog.find(server, 'nope', WAIT)).toBeUndefined();
    const after = await made.catalog.tools(server, WAIT);
    expect(after).not.toBe(before);
    expect(await made.catalog.find(server, 'nope', WAIT)).toBeUndefined();
    expect(await made.catalog.tools(server, WAIT)).toBe(after);
  });

  it('takes the first of two tools with one name, and warns', async () => {
    const made = setup();
    const server = stdioServer(LEGACY);
    await change(made, server, [
      { name: 'a', description: '1' },
      { name: 'a', description: '2' },
      { description: 'x' },
    ]);
    expect(await made.catalog.tools(server, WAIT)).toMatchObject([{ name: 'a', description: '1' }]);
    const warnings = made.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([expect.stringContaining('listed twice'), 'A definition has no name.']);
  });

  it('lets a caller wait no longer than it wants', async () => {
    const made = setup();
    const server = stdioServer(LEGACY, ['silent']);
    await expect(made.catalog.tools(server, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await names(made, server)).toEqual(['echo', 'slow']);
  });
});
