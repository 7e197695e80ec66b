import { expect, test } from 'vitest';
import { sha256 } from './config-files.ts';
import type { ConfigContents } from './load-snapshot.ts';
import { checkConfig, formatProblem } from './load-snapshot.ts';

const KEY = 'sk-1234567890';
const content = (path: string, value: unknown): ConfigContents['rules'] => {
  const bytes = Buffer.from(JSON.stringify(value));
  return { ok: true, path, bytes, sha256: sha256(bytes) };
};
const check = (search: unknown, env: Record<string, string> = { KEY, EMPTY: ' ', BROKEN: 'a b' }) =>
  checkConfig(
    { servers: content('servers', { mcpServers: {} }), rules: content('rules', { agents: {}, search }) },
    env,
  );
const embeddings = async (more: object) => check({ embeddings: { url: 'https://api.test/v1', model: 'm', ...more } });
const problems = async (checked: ReturnType<typeof check>): Promise<string[]> =>
  (await checked).problems.filter(({ file }) => file === 'rules').map(formatProblem);

test('without a word about it, words alone find tools and nothing is remembered', async () => {
  const { snapshot } = await check(undefined);
  expect(snapshot?.search).toEqual({ embeddings: undefined, learnFromUse: false });
});

test('an endpoint is read with its defaults, and its key is a secret', async () => {
  const { snapshot } = await embeddings({ api_key_env: 'KEY' });
  expect(snapshot?.search.embeddings).toMatchObject({
    url: 'https://api.test/v1/embeddings',
    apiKey: KEY,
    timeoutMs: 1000,
    queryPrefix: '',
    toolPrefix: '',
  });
  expect(snapshot?.secrets).toContain(KEY);
});

test.each([
  ['https://api.test/v1/', 'https://api.test/v1/embeddings'],
  ['https://api.test/v1/embeddings', 'https://api.test/v1/embeddings'],
  ['http://127.0.0.1:1', 'http://127.0.0.1:1/embeddings'],
  ['https://api.test/x?version=1#part', 'https://api.test/x/embeddings?version=1'],
])('%s is asked at %s', async (url, asked) => {
  expect((await embeddings({ url })).snapshot?.search.embeddings?.url).toBe(asked);
});

test('what vectors depend on changes their key, and nothing else does', async () => {
  const keyOf = async (more: object) => (await embeddings(more)).snapshot?.search.embeddings?.key;
  const plain = await keyOf({});
  expect(await keyOf({ api_key_env: 'KEY', timeout_ms: 5, query_prefix: 'q' })).toBe(plain);
  for (const other of [{ model: 'n' }, { dimensions: 3 }, { tool_prefix: 't' }, { url: 'https://b.test' }]) {
    expect(await keyOf(other)).not.toBe(plain);
  }
});

test.each([
  ['api_key_env', 'ABSENT', 'search.embeddings.api_key_env names a variable that is not set'],
  ['api_key_env', 'EMPTY', 'that is not set'],
  ['api_key_env', 'BROKEN', 'that does not hold a key'],
])('a key that is not there switches off the endpoint alone: %s %s', async (name, value, said) => {
  const checked = embeddings({ [name]: value });
  expect((await checked).snapshot?.search.embeddings).toBeUndefined();
  expect((await problems(checked)).join()).toContain(said);
});

test('a key over an open connection is warned of', async () => {
  const said = async (url: string) => problems(embeddings({ url, api_key_env: 'KEY' }));
  expect((await said('http://api.test/v1')).join()).toContain('anybody on the way');
  expect(await said('http://127.0.0.1/v1')).toEqual([]);
});

test.each<[unknown, string]>([
  [{ learn: true }, 'is not a known key'],
  [{ learn_from_use: 'yes' }, 'must be true or false'],
  [{ embeddings: { url: 'https://x' } }, 'is missing'],
  [{ embeddings: { url: 'ftp://x', model: 'm' } }, 'is not an http or https address'],
  [{ embeddings: { url: 'https://u:p@x', model: 'm' } }, 'holds a user or a password'],
  [{ embeddings: { url: 'https://x', model: '' } }, 'is empty'],
  [{ embeddings: { url: 'https://x', model: 'm', api_key_env: KEY } }, 'is not the name of an environment variable'],
  [{ embeddings: { url: 'https://x', model: 'm', timeout_ms: 10_001 } }, 'is out of range'],
  [{ embeddings: { url: 'https://x', model: 'm', dimensions: 1.5 } }, 'is out of range'],
])('%j is refused', async (search, said) => {
  const checked = check(search);
  expect((await checked).snapshot).toBeUndefined();
  expect((await problems(checked)).join()).toContain(said);
});
