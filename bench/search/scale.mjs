/** Time and memory over 1,000 servers with 10 tools each, of made-up definitions with a vocabulary like a real one's. */
import { load } from '../bundle.mjs';
import { quantile, round } from './figures.mjs';
import { documentOf, MEANING_LOAD_MS, newMeaning } from './methods.mjs';

const { SearchIndex, createScope, rank } = await load('bench/search/gateway.ts');

const VERBS = 'get list create update delete search send read write run check export import merge close'.split(' ');
const NOUNS =
  'issue page file user message order invoice event contact deal ticket report table row image channel branch'.split(
    ' ',
  );

/** Verbs and nouns first: they are the most frequent. */
const WORDS = [...VERBS, ...NOUNS, ...Array.from({ length: 10_000 }, (_, at) => syllables(at))];

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
  return Array.from({ length: count }, (_, at) => ({
    server: `server-${at}`,
    tools: Array.from({ length: toolsEach }, (_, own) => ({
      server: `server-${at}`,
      name: `${VERBS[next(VERBS.length)]}_${NOUNS[next(NOUNS.length)]}_${own}`,
      description: text(25),
      params: text(20),
      about: '',
    })),
  }));
}

/** @returns figures by name */
export function scale() {
  const servers = madeUpServers(1000, 10);
  const documents = new Map(servers.map(({ server, tools }) => [server, tools.map(documentOf)]));
  const extra = madeUpServers(1, 50)[0].tools.map(documentOf);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const index = new SearchIndex();
  let start = performance.now();
  const cpuBefore = process.cpuUsage();
  for (const [server, own] of documents) index.put(server, own);
  const indexMs = performance.now() - start;
  const indexCpu = process.cpuUsage(cpuBefore);
  start = performance.now();
  index.put('one-more', extra);
  const addMs = performance.now() - start;
  start = performance.now();
  index.put('one-more', extra);
  const replaceMs = performance.now() - start;
  const permitted = new Map([...documents.keys()].map((server) => [server, index.of(server)]));
  start = performance.now();
  const scope = createScope(index, permitted);
  const scopeMs = performance.now() - start;
  globalThis.gc?.();
  const memory = process.memoryUsage();
  start = performance.now();
  const meaning = newMeaning();
  for (const [server, { tools }] of servers.entries()) {
    const own = index.of(`server-${server}`);
    for (const [at, { id }] of own.entries()) meaning.set(id, meaning.of(`server-${server}`, tools[at]));
  }
  const meaningMs = performance.now() - start;
  globalThis.gc?.();
  const memoryWithMeaning = process.memoryUsage();
  const next = numbers(11);
  // Ten words as frequent as those of the texts, one of them with a slip.
  const question = () =>
    `${Array.from({ length: 9 }, () => word(next)).join(' ')} ${word(next).replace(/(.)$/, 'x$1')}`;
  const times = [];
  const cpuTimes = [];
  for (let round = 0; round < 600; round++) {
    const asked = question();
    const cpuStart = process.cpuUsage();
    start = performance.now();
    rank(index, scope, asked, { limit: 5, ...meaning.evidence(asked, scope.ids) });
    const took = performance.now() - start;
    const { user, system } = process.cpuUsage(cpuStart);
    if (round < 100) continue;
    times.push(took);
    cpuTimes.push((user + system) / 1000);
  }
  const used = (usage) => usage.heapUsed + usage.external;
  return {
    set: 'scale',
    tools: 10_000,
    index_ms: round(indexMs),
    index_cpu_ms: round((indexCpu.user + indexCpu.system) / 1000),
    add_50_tools_ms: round(addMs),
    replace_50_tools_ms: round(replaceMs),
    scope_ms: round(scopeMs),
    query_p50_ms: round(quantile(times, 0.5)),
    query_p95_ms: round(quantile(times, 0.95)),
    query_p95_cpu_ms: round(quantile(cpuTimes, 0.95)),
    memory_mb: round((used(memory) - used(before)) / 2 ** 20),
    meaning_load_ms: round(MEANING_LOAD_MS),
    meaning_ms: round(meaningMs),
    meaning_memory_mb: round((used(memoryWithMeaning) - used(memory)) / 2 ** 20),
  };
}
