/**
 * Messages that are made from the schemas of the revisions, through every pair of generations over stdio and HTTP: all members of each
 * arrive. A part of the long suite. The schemas are those of schemas/; `MCP_SCHEMAS` names a folder with REVISION/schema.json in it, as in a
 * checkout of the specification, to make messages from others. `MCP_SEED` gives other messages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { startHttpFixture } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { DIRECT, viewRules } from '../support/views.ts';
import { type Json, randomOf, SchemaValues } from './schema-values.ts';

const SCHEMAS = process.env['MCP_SCHEMAS'];
const LONG = process.env['LONG'] === '1';
const SEED = Number(process.env['MCP_SEED'] ?? 20_261_130);
/** Messages of each kind and revision. */
const EACH = LONG ? 220 : 60;
const REVISIONS = ['2025-06-18', '2025-11-25', MODERN] as const;
const ERAS = ['legacy', 'modern'] as const;
const AT_ONCE = 16;
/** Messages that each test sends at least. */
const MOST = 500;

/** Results by method, and the definition of the schema that each is made from. */
const RESULTS = {
  'tools/call': 'CallToolResult',
  'prompts/get': 'GetPromptResult',
  'resources/read': 'ReadResourceResult',
  'completion/complete': 'CompleteResult',
} as const;
const LISTS = {
  'tools/list': { field: 'tools', of: 'Tool', key: 'name' },
  'prompts/list': { field: 'prompts', of: 'Prompt', key: 'name' },
  'resources/list': { field: 'resources', of: 'Resource', key: 'uri' },
  'resources/templates/list': { field: 'resourceTemplates', of: 'ResourceTemplate', key: 'uriTemplate' },
} as const;
type Fields = { [key: string]: Json };

interface Corpus {
  readonly results: Record<string, Json[]>;
  readonly lists: Record<string, Record<string, Fields[]>>;
}

/** Members that each hop writes anew (2026-07-28, basic/index). */
const OF_HOP = ['resultType', 'ttlMs', 'cacheScope'];
const HOP_META = 'io.modelcontextprotocol/serverInfo';

function payload(result: Json): Json {
  const rest = { ...(result as Fields) };
  for (const key of OF_HOP) delete rest[key];
  const meta = rest['_meta'];
  if (meta === undefined) return rest;
  const own = { ...(meta as Fields) };
  delete own[HOP_META];
  delete rest['_meta'];
  return Object.keys(own).length === 0 ? rest : { ...rest, _meta: own };
}

function schemaOf(revision: string): Readonly<Record<string, unknown>> {
  const text =
    SCHEMAS === undefined
      ? gunzipSync(readFileSync(new URL(`schemas/${revision}.json.gz`, import.meta.url))).toString('utf8')
      : readFileSync(path.join(SCHEMAS, revision, 'schema.json'), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

function corpusOf(era: (typeof ERAS)[number]): Corpus {
  const corpus: Corpus = { results: {}, lists: {} };
  const random = randomOf(SEED);
  for (const revision of REVISIONS.filter((one) => (one === MODERN) === (era === 'modern'))) {
    const values = new SchemaValues(schemaOf(revision), random);
    for (const [method, name] of Object.entries(RESULTS)) {
      const made = Array.from({ length: EACH }, () => payload(values.of(name)));
      corpus.results[method] = [...(corpus.results[method] ?? []), ...made];
    }
    for (const [method, { field, of, key }] of Object.entries(LISTS)) {
      const before = corpus.lists[method]?.[field] ?? [];
      const made = Array.from({ length: EACH }, (_, at) => {
        const entry = values.of(of) as Fields;
        const number = before.length + at;
        const text = key === 'name' ? `it-${number}` : key === 'uri' ? `gen:///it-${number}` : `gen:///{x}/${number}`;
        return { ...entry, [key]: text };
      });
      corpus.lists[method] = { [field]: [...before, ...made] };
    }
  }
  // Each tool, prompt and resource that is asked for is one that is listed.
  corpus.lists['tools/list']?.['tools']?.push({ name: 'echo', inputSchema: { type: 'object' } });
  return corpus;
}

const corpora = new Map<string, Corpus>();
const stops: (() => Promise<unknown>)[] = [];
const direct: { revision: string; rpc: Rpc }[] = [];
const lanes: { name: string; rpc: Rpc; corpus: Corpus }[] = [];

/** Opens the single-server view of each server for callers of both generations, over the transport of the server. */
async function openLanes(home: Home): Promise<void> {
  const gateway = await serveHttp({ home });
  stops.push(() => gateway.stop());
  for (const revision of ['2025-11-25', MODERN]) {
    direct.push({ revision, rpc: await openHttp(gateway.url, revision, { token: DIRECT.token }) });
  }
  for (const era of ERAS) {
    const corpus = corpora.get(era);
    if (corpus === undefined) throw new Error(era);
    for (const revision of ['2025-11-25', MODERN]) {
      const url = `${gateway.origin}/mcp/servers/http-${era}`;
      const rpc = await openHttp(url, revision, { token: TOKEN });
      lanes.push({ name: `${revision} caller, ${era} server, HTTP`, rpc, corpus });
      const piped = await serveStdio({ home, args: ['--server', `stdio-${era}`, '--agent', 'default'] }, revision);
      stops.push(() => piped.running.stop('SIGTERM'));
      lanes.push({ name: `${revision} caller, ${era} server, stdio`, rpc: piped.rpc, corpus });
    }
  }
}

const paramsOf = (method: string, at: number): object => {
  if (method === 'resources/read') return { uri: `gen:///it-${at}` };
  const argument = { name: 'a', value: '' };
  return method === 'completion/complete'
    ? { ref: { type: 'ref/prompt', name: `it-${at}` }, argument }
    : { name: `it-${at}` };
};

/** All pages of a list. */
async function allOf(rpc: Rpc, method: string, field: string): Promise<Fields[]> {
  const all: Fields[] = [];
  for (let cursor: unknown; ; ) {
    const { message } = await rpc.call(method, cursor === undefined ? {} : { cursor });
    all.push(...((message.result?.[field] ?? []) as Fields[]));
    cursor = message.result?.['nextCursor'];
    if (cursor === undefined) return all;
  }
}

async function inTurn<T>(all: readonly T[], run: (one: T, at: number) => Promise<void>): Promise<void> {
  const left = [...all.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

describe.runIf(LONG || SCHEMAS !== undefined)('messages made from the schemas', () => {
  beforeAll(async () => {
    const home = makeHome({ rules: viewRules() });
    const entries: Record<string, object> = {};
    for (const era of ERAS) {
      const corpus = corpusOf(era);
      corpora.set(era, corpus);
      const file = path.join(home.dir, `${era}.json`);
      writeFileSync(file, JSON.stringify(corpus));
      const server = await startHttpFixture('generated', 'http', era, file);
      stops.push(() => server.stop('SIGKILL'));
      entries[`http-${era}`] = { url: server.url };
      entries[`stdio-${era}`] = { command: process.execPath, args: [fixturePath('generated'), 'stdio', era, file] };
    }
    writeFileSync(home.servers, JSON.stringify(servers(entries)));
    await openLanes(home);
  });
  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('results arrive with all their members, through every pair', { timeout: 600_000 }, async () => {
    const lost: string[] = [];
    let sent = 0;
    for (const { name, rpc, corpus } of lanes) {
      for (const [method, results] of Object.entries(corpus.results)) {
        await inTurn(results, async (expected, at) => {
          sent++;
          const { message } = await rpc.call(method, paramsOf(method, at));
          const got = message.result === undefined ? message.error : payload(message.result as Fields);
          lost.push(...differences(inEraOf(rpc, expected), got, `${name}: ${method} `));
        });
      }
    }
    expect({ sent: sent > MOST, lost: summed(lost) }).toEqual({ sent: true, lost: {} });
  });

  it('definitions arrive with all their members, through every pair', { timeout: 600_000 }, async () => {
    const lost: string[] = [];
    let sent = 0;
    for (const { name, rpc, corpus } of lanes) {
      for (const [method, list] of Object.entries(corpus.lists)) {
        const [field = '', expected = []] = Object.entries(list)[0] ?? [];
        const got = await allOf(rpc, method, field);
        for (const [at, entry] of expected.entries()) {
          sent++;
          lost.push(...differences(entry, got[at], `${name}: ${method} `));
        }
      }
    }
    expect({ sent: sent > MOST, lost: summed(lost) }).toEqual({ sent: true, lost: {} });
  });

  it('definitions arrive so in the direct view, under names that carry their server', {
    timeout: 600_000,
  }, async () => {
    const lost: string[] = [];
    let sent = 0;
    for (const { revision, rpc } of direct) {
      for (const [method, { field, key }] of Object.entries(LISTS)) {
        const got = new Map((await allOf(rpc, method, field)).map((entry) => [entry[key], entry]));
        for (const [era, corpus] of corpora) {
          for (const entry of corpus.lists[method]?.[field] ?? []) {
            sent++;
            const server = `http-${era}`;
            const exposed = key === 'name' ? `${server}__${entry[key]}` : `mcp://${server}/${entry[key]}`;
            const place = `${revision} caller, ${era} server: ${method} `;
            lost.push(...differences({ ...inShapeOf(revision, entry), [key]: exposed }, got.get(exposed), place));
          }
        }
      }
    }
    expect({ sent: sent > MOST, lost: summed(lost) }).toEqual({ sent: true, lost: {} });
  });

  it('params of calls arrive with all their members, through every pair', { timeout: 600_000 }, async () => {
    const lost: string[] = [];
    let sent = 0;
    for (const { name, rpc, corpus } of lanes) {
      // Arguments are any JSON: what results hold serves.
      await inTurn(corpus.results['tools/call'] ?? [], async (value) => {
        sent++;
        const args = { value };
        const { message } = await rpc.call('tools/call', { name: 'echo', arguments: args, 'com.example/more': value });
        const { params } = (message.result?.['structuredContent'] ?? {}) as { params?: Fields };
        const expected = { name: 'echo', arguments: args, 'com.example/more': value };
        const got = { ...params };
        delete got['_meta'];
        lost.push(...differences(expected, got, `${name}: `));
      });
    }
    expect({ sent: sent > MOST, lost: summed(lost) }).toEqual({ sent: true, lost: {} });
  });
});

/** What a caller of several servers gets of a tool: clients of the 2025 revisions take no output schema without this type. */
function inShapeOf(revision: string, entry: Fields): Fields {
  const { outputSchema } = entry;
  if (revision === MODERN || !isObject(outputSchema)) return entry;
  return { ...entry, outputSchema: { ...(outputSchema as Fields), type: 'object' } };
}

/** What a caller gets of a result: structured content that is null is none for the 2025 revisions. */
function inEraOf({ revision }: Rpc, result: Json): Json {
  const { structuredContent, ...rest } = result as Fields;
  return revision !== MODERN && structuredContent === null ? rest : result;
}

/** The places in which two values differ, each with what was there and what arrived. */
function differences(expected: unknown, got: unknown, place: string): string[] {
  if (isObject(expected) && isObject(got) && Array.isArray(expected) === Array.isArray(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...keys].flatMap((key) => differences(expected[key], got[key], `${place}/${key}`));
  }
  const [one, other] = [expected, got].map((value) => JSON.stringify(value)?.slice(0, 200));
  return one === other ? [] : [`${place}: ${one} -> ${other}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** How often each difference occurs, the first of them. */
function summed(lost: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const one of lost) counts.set(one, (counts.get(one) ?? 0) + 1);
  return Object.fromEntries([...counts].slice(0, 20));
}
