/**
 * Time and memory over 1,000 servers with 10 tools each, of made-up definitions with a vocabulary like a real one's: the way of a gateway, from
 * lists that arrive to searches.
 */
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { load } from '../bundle.mjs';
import { quantile, round } from './figures.mjs';

const { KeptDirections, MeaningModel, readToolsPage, Searcher } = await load('bench/search/gateway.ts');

const TABLE = new URL('../../src/catalog/meaning/meaning.bin', import.meta.url);
const NEAR = new URL('../../src/catalog/meaning/near-words.bin', import.meta.url);
const VERBS = 'get list create update delete search send read write run check export import merge close'.split(' ');
const NOUNS =
  'issue page file user message order invoice event contact deal ticket report table row image channel branch'.split(
    ' ',
  );

/** Verbs and nouns first: they are the most frequent. */
const WORDS = [...VERBS, ...NOUNS, ...Array.from({ length: 10_000 }, (_, at) => syllables(at))];
const SERVERS = 1000;
const TOOLS_EACH = 10;
const SEARCHES = 600;
/** Searches before the clock counts: until they are compiled. */
const WARM = 100;

function syllables(number) {
  const digits = Array.from((number * 7919 + 104_729).toString(16));
  return digits
    .map((digit, at) => 'bcdfghjklmnprstv'[Number.parseInt(digit, 16)] + 'aeiou'[(number + at) % 5])
    .join('');
}

/** Numbers that are the same in every run (Park and Miller's generator). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Words as frequent as in a language (Zipf): the nth one as often as one nth of the first */
function word(next) {
  return WORDS[Math.floor(WORDS.length ** (next(100_000) / 100_000)) - 1];
}

function madeUpServers(count, toolsEach) {
  const next = numbers(7);
  const text = (length) => Array.from({ length }, () => word(next)).join(' ');
  return Array.from({ length: count }, (_, at) => {
    const tools = Array.from({ length: toolsEach }, (__, own) => ({
      name: `${VERBS[next(VERBS.length)]}_${NOUNS[next(NOUNS.length)]}_${own}`,
      description: text(25),
      inputSchema: { type: 'object', properties: { value: { type: 'string', description: text(19) } } },
    }));
    const { tools: entries } = readToolsPage(JSON.stringify({ tools }), false);
    return { name: `server-${at}`, description: undefined, entries };
  });
}

/** The longest time that the event loop did not turn, on the clock and on the processor, while something is waited for. */
async function pausesDuring(work) {
  let isOver = false;
  const pauses = { ms: 0, cpu_ms: 0 };
  const turning = (async () => {
    while (!isOver) {
      const start = performance.now();
      const cpu = process.cpuUsage();
      await setTimeout(1);
      pauses.ms = Math.max(pauses.ms, performance.now() - start);
      pauses.cpu_ms = Math.max(pauses.cpu_ms, cpuMs(cpu));
    }
  })();
  await work();
  isOver = true;
  await turning;
  return pauses;
}

function cpuMs(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** @returns its milliseconds on the clock and on the processor */
async function timed(work) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  return { ms: performance.now() - start, cpu_ms: cpuMs(cpu) };
}

function usedMb() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** A gateway's search, with what it kept in a folder. */
function newSearch(cacheDir, servers) {
  const state = { isLoaded: false };
  const log = { debug() {}, info() {}, warn: ({ err }) => process.stderr.write(`${err}\n`) };
  const kept = new KeptDirections(cacheDir, 'model', log);
  // As `loadKeptMeaning` does it for the built program.
  const searcher = new Searcher({ compare: async () => undefined }, async () => {
    state.isLoaded = true;
    const table = await readFile(TABLE);
    await webcrypto.subtle.digest('SHA-256', table);
    const [model] = await Promise.all([MeaningModel.read(table, await readFile(NEAR)), kept.load()]);
    return { model, kept };
  });
  const policy = {};
  const signal = new AbortController().signal;
  const search = (query, some = servers) =>
    searcher.search({
      query,
      limit: 5,
      servers: some,
      policy,
      who: String(some.length),
      permitted: () => true,
      signal,
    });
  return { searcher, search, state, close: () => kept.close() };
}

/** @returns figures by name */
export async function scale() {
  const cacheDir = mkdtempSync(join(tmpdir(), 'bench-search-'));
  try {
    const servers = madeUpServers(SERVERS, TOOLS_EACH);
    const first = await wayOf(cacheDir, servers);
    const again = await wayOf(cacheDir, servers);
    return {
      set: 'scale',
      tools: SERVERS * TOOLS_EACH,
      ...first,
      meaning_kept_ms: again.meaning_ms,
      meaning_kept_cpu_ms: again.meaning_cpu_ms,
    };
  } finally {
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

async function wayOf(cacheDir, servers) {
  const before = usedMb();
  const { searcher, search, state, close } = newSearch(cacheDir, servers);
  let words;
  const wordPauses = await pausesDuring(async () => {
    words = await timed(async () => {
      for (const server of servers) searcher.learn(server);
      // Its slices are immediates.
      do await setTimeout(1);
      while (process.getActiveResourcesInfo().includes('Immediate'));
    });
  });
  const wordsMb = usedMb();
  const loadedBefore = state.isLoaded;
  let meaning;
  const meaningPauses = await pausesDuring(async () => {
    meaning = await timed(() => search('anything', servers.slice(0, 1)));
  });
  const scope = await timed(() => search('anything'));
  const [times, cpuTimes] = [[], []];
  const next = numbers(11);
  for (let at = 0; at < SEARCHES; at++) {
    // Ten words as frequent as those of the texts, one of them with a slip.
    const asked = `${Array.from({ length: 9 }, () => word(next)).join(' ')} ${word(next).replace(/(.)$/, 'x$1')}`;
    const { ms, cpu_ms } = await timed(() => search(asked));
    if (at < WARM) continue;
    times.push(ms);
    cpuTimes.push(cpu_ms);
  }
  const kept = await pausesDuring(close);
  return {
    loaded_before_first_search: loadedBefore,
    indexed_ms: round(words.ms + meaning.ms),
    indexed_cpu_ms: round(words.cpu_ms + meaning.cpu_ms),
    words_ms: round(words.ms),
    meaning_ms: round(meaning.ms),
    meaning_cpu_ms: round(meaning.cpu_ms),
    longest_pause_ms: round(Math.max(wordPauses.ms, meaningPauses.ms, kept.ms)),
    longest_pause_cpu_ms: round(Math.max(wordPauses.cpu_ms, meaningPauses.cpu_ms, kept.cpu_ms)),
    first_scope_ms: round(scope.ms),
    first_scope_cpu_ms: round(scope.cpu_ms),
    query_p50_ms: round(quantile(times, 0.5)),
    query_p95_ms: round(quantile(times, 0.95)),
    query_p95_cpu_ms: round(quantile(cpuTimes, 0.95)),
    memory_words_mb: round(wordsMb - before),
    memory_mb: round(usedMb() - before),
  };
}
