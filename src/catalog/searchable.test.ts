import { beforeEach, expect, it, vi } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import { stdioServer, tenant } from '../upstream/testing.ts';
import type { ListOptions } from './cached-list.ts';
import type { ToolList } from './fetch-tools.ts';
import { createSearchable, type Searchable } from './searchable.ts';
import type { ToolEntry } from './tool-entry.ts';

const SERVER = stdioServer('x.mjs');
const ADA = tenant('ada', { session: 's1' });
const LIST: ToolList = {
  entries: [],
  pages: [],
  byName: new Map(),
  ttlMs: undefined,
  size: 0,
  instructions: undefined,
};
const STARTING = new GatewayError('TIMEOUT', 'starting');
const DOWN = new GatewayError('SERVER_UNAVAILABLE', 'down');

/** The time that the searches waited, and whether each was one of many. */
let waits: [number, boolean][];
let refreshed: number;
let clock: number;
let answer: ToolList | Error;
let before: readonly ToolEntry[] | undefined;
let searchable: Searchable;

beforeEach(() => {
  waits = [];
  refreshed = 0;
  clock = 5;
  answer = STARTING;
  before = undefined;
  searchable = createSearchable({
    now: () => clock,
    keptLists: { of: async () => before },
    listCache: {
      kept: () => undefined,
      refresh: () => {
        refreshed++;
      },
      async current(_server, { timeoutMs, oneOfMany = false }: ListOptions) {
        waits.push([timeoutMs, oneOfMany]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
});

const search = (whose = ADA, server = SERVER, signal = new AbortController().signal): Promise<unknown> =>
  searchable.tools(server, whose, signal).catch((error: unknown) => error);

const FIRST: [number, boolean] = [4000, true];

it('waits a little for whoever asks first, up to 25 s for who was told that it is missing, and then a little', async () => {
  expect(await search()).toBe(STARTING);
  for (const later of [1000, 19_000, 9_999, 1]) {
    clock += later;
    await search();
  }
  expect(waits).toEqual([FIRST, [25_000, false], [10_000, false], [1, false], FIRST]);
});

it.each([
  ['another session', tenant('ada', { session: 's2' }), SERVER],
  ['another principal', tenant('bob', { session: 's1' }), SERVER],
  ['another agent without a session', tenant('ada', { agent: 'x' }), SERVER],
  ['another server', ADA, stdioServer('y.mjs')],
])('%s was told nothing', async (_what, whose, server) => {
  await search();
  await search(whose, server);
  expect(waits).toEqual([FIRST, FIRST]);
});

it('begins anew once it was there, and waits no longer for one that failed', async () => {
  await search();
  answer = LIST;
  expect(await search()).toBe(LIST.entries);
  answer = STARTING;
  await search();
  answer = DOWN;
  expect(await search()).toBe(DOWN);
  answer = STARTING;
  for (let at = 0; at < 2; at++) await search();
  expect(waits).toEqual([FIRST, [25_000, false], FIRST, [25_000, false], FIRST, FIRST]);
});

it('who gave up was told nothing, and forgets nothing', async () => {
  const given = AbortSignal.abort(new Error('given up'));
  answer = given.reason as Error;
  await search(ADA, SERVER, given);
  answer = STARTING;
  await search();
  answer = given.reason as Error;
  await search(ADA, SERVER, given);
  answer = STARTING;
  await search();
  expect(waits).toEqual([FIRST, FIRST, [25_000, false], [25_000, false]]);
});

it('takes what was listed before, and waits for nothing', async () => {
  before = [];
  expect(await search()).toBe(before);
  expect(waits).toEqual([]);
});

it('has servers listed once the search is over, unless the configuration changed', () => {
  vi.useFakeTimers();
  for (const isCancelled of [false, true]) {
    searchable.listSoon([SERVER, stdioServer('y.mjs')], ADA);
    expect(refreshed).toBe(0);
    if (isCancelled) searchable.cancel();
    vi.runAllTimers();
    expect(refreshed).toBe(isCancelled ? 0 : 2);
    refreshed = 0;
  }
  vi.useRealTimers();
});
