/** The second stage against an endpoint that behaves as told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256 } from '../../config/config-files.ts';
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import { EmbeddingIndex, type Text } from './embedding-index.ts';

type Embedding = readonly number[] | string;

let folder: string;
let server: Server;
let definition: EmbeddingsDefinition;
let embeddings: EmbeddingIndex;
let clock = 0;
const requests: string[][] = [];
const warnings: string[] = [];
/** The status, or the vectors of the texts; undefined for no answer. */
let answer: (input: readonly string[]) => number | readonly Embedding[] | undefined;
const vectorOf = (text: string): number[] => [text.length, 1];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'embeddings-'));
  requests.length = 0;
  warnings.length = 0;
  answer = (input) => input.map(vectorOf);
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { input } = JSON.parse(body) as { input: string[] };
    requests.push(input);
    const said = answer(input);
    if (typeof said === 'number') response.writeHead(said).end('{}');
    else if (said !== undefined) {
      response.end(JSON.stringify({ data: said.map((embedding, index) => ({ index, embedding })) }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  definition = {
    key: 'model',
    url: `http://127.0.0.1:${port}/v1/embeddings`,
    model: 'm',
    dimensions: undefined,
    apiKey: undefined,
    timeoutMs: 5000,
    queryPrefix: '',
    toolPrefix: '',
  };
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_: object, said: string) => void warnings.push(said),
  };
  embeddings = new EmbeddingIndex({ folder, log, now: () => clock });
});
afterEach(async () => {
  await embeddings.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const text = (content: string): Text => ({ key: sha256(content), read: () => content });
const texts = (...contents: string[]): Text[] => contents.map(text);
const compare = (query: string, some: readonly Text[], signal = new AbortController().signal) =>
  embeddings.compare(definition, query, some, signal);

it('compares, and asks for each text once, in batches', async () => {
  const many = Array.from({ length: 100 }, (_, at) => text(`tool ${at}`));
  const nearness = await compare('tool 5', many);
  expect(nearness).toHaveLength(100);
  expect(nearness?.[5]).toBeCloseTo(1);
  expect(requests.flat().sort()).toEqual(['tool 5', ...many.map((one) => one.read())].sort());
  expect(Math.max(...requests.map((input) => input.length))).toBeLessThanOrEqual(32);
  requests.length = 0;
  await compare('again', many);
  expect(requests).toEqual([['again']]);
});

it('does not wait for more than it can get in time, and has it the next time', async () => {
  const many = Array.from({ length: 300 }, (_, at) => text(`tool ${at}`));
  expect(await compare('question', many)).toBeUndefined();
  expect(requests.flat()).not.toContain('question');
  // The second one waits for what the first one began.
  await embeddings.close();
  expect(requests.flat().length).toBeLessThanOrEqual(300);
});

it('leaves an endpoint alone that fails, longer each time, and asks it again after that', async () => {
  answer = () => 503;
  expect(await compare('a', texts('t'))).toBeUndefined();
  const first = requests.length;
  expect(await compare('b', texts('t'))).toBeUndefined();
  expect(requests).toHaveLength(first);
  clock += 5000;
  expect(await compare('c', texts('t'))).toBeUndefined();
  const second = requests.length;
  expect(second).toBeGreaterThan(first);
  clock += 5000;
  expect(await compare('d', texts('t'))).toBeUndefined();
  expect(requests).toHaveLength(second);
  clock += 5000;
  answer = (input) => input.map(vectorOf);
  expect(await compare('e', texts('t'))).toHaveLength(1);
  expect(warnings).toHaveLength(2);
});

it('gives an endpoint that failed another chance with a new configuration', async () => {
  answer = () => 401;
  expect(await compare('a', texts('t'))).toBeUndefined();
  answer = (input) => input.map(vectorOf);
  embeddings.use(definition);
  expect(await compare('a', texts('t'))).toHaveLength(1);
});

it('does without the vector of a text that the endpoint refuses, and without the endpoint when it refuses all', async () => {
  answer = (input) => (input.some((one) => one.includes('bad')) ? 400 : input.map(vectorOf));
  const nearness = await compare('question', texts('good', 'bad', 'fine'));
  expect(nearness?.map((near) => near === undefined)).toEqual([false, true, false]);
  requests.length = 0;
  await compare('more', texts('good', 'bad', 'fine'));
  expect(requests).toEqual([['more']]);
  answer = () => 400;
  requests.length = 0;
  const many = Array.from({ length: 200 }, (_, at) => text(`other ${at}`));
  expect(await compare('question', many)).toBeUndefined();
  expect(requests.length).toBeLessThan(20);
});

it.each<[string, (input: readonly string[]) => readonly Embedding[]]>([
  ['too few vectors', (input) => input.slice(1).map(vectorOf)],
  ['texts in place of numbers', (input) => input.map(() => 'AAAA')],
  ['numbers in texts', (input) => input.map(() => ['1'] as unknown as number[])],
])('takes %s for a failure', async (_, said) => {
  answer = said;
  expect(await compare('a', texts('t', 'u'))).toBeUndefined();
  expect(warnings.length).toBeGreaterThan(0);
});

it('forgets vectors that another model made under the same name', async () => {
  await compare('a', texts('t'));
  answer = (input) => input.map(() => [1, 2, 3]);
  expect(await compare('a', texts('t'))).toBeUndefined();
  expect(await compare('a', texts('t'))).toHaveLength(1);
});

it('waits no longer than it may', async () => {
  answer = () => undefined;
  definition = { ...definition, timeoutMs: 50 };
  expect(await compare('a', texts('t'))).toBeUndefined();
  expect(requests.length).toBeLessThanOrEqual(2);
});

it('ends with the caller', async () => {
  answer = () => undefined;
  const caller = new AbortController();
  const asked = compare('a', texts('t'), caller.signal);
  caller.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
  await expect(compare('a', texts('t'), caller.signal)).rejects.toThrow('gone');
});

it('sends text that is well-formed', async () => {
  await compare('half \ud83d', texts('\udc00 pair'));
  expect(requests.flat().sort()).toEqual(['half \ufffd', '\ufffd pair']);
});
