/** Skills of servers in every view, for callers and servers of both generations: under rules, with their origin, their files as their entries say. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { auditRecords, makeHome, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { MODERN, type Rpc, type RpcMessage } from '../support/rpc.ts';
import { DIRECT, DISCOVERY, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const fixture = (...args: string[]): object => ({ command: process.execPath, args: [fixturePath('skills'), ...args] });
const RELEASE = 'skill://team/release/SKILL.md';

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({
    servers: servers({
      legacy: fixture('old', 'legacy'),
      modern: fixture('new'),
      plain: fixture('plain', 'modern', 'plain'),
    }),
    rules: viewRules({ skills: { '*': ['skill://secret/*'] } }),
  });
});
afterAll(() => gateway.stop());

interface Caller {
  readonly rpc: Rpc;
  uri(original: string): string;
  result(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>;
  error(method: string, params: object): Promise<RpcMessage['error']>;
}

async function connect(revision: string, view: View, server: string): Promise<Caller> {
  const rpc = await openHttp(gateway.origin + view.path(server), revision, { token: view.token });
  return {
    rpc,
    uri: (original) => (view === SINGLE ? original : `mcp://${server}/${original}`),
    async result(method, params = {}) {
      const { message, text } = await rpc.call(method, params);
      if (message.result === undefined) throw new Error(text);
      return message.result;
    },
    error: async (method, params) => (await rpc.call(method, params)).message.error,
  };
}

type Entry = { uri: string; frontmatter: object; resources: { uri: string; digest: string; size: number }[] };
const CELLS = [LEGACY, MODERN].flatMap((revision) =>
  ['legacy', 'modern'].flatMap((server) => VIEWS.map((view) => ({ revision, server, view, name: view.name }))),
);

describe.each(CELLS)('$revision caller, $server server, $name', ({ revision, server, view }) => {
  it('lists, gets and reads skills under URIs that say whose they are; what is denied does not exist', async () => {
    const { uri, result, error } = await connect(revision, view, server);
    const all = (await allPages(result)).filter((entry) => view === SINGLE || entry.uri.startsWith(`mcp://${server}/`));
    const names = ['team/release', 'live', 'broken', ...(view === SINGLE ? ['flawed'] : [])];
    expect(all.map((entry) => entry.uri)).toEqual(names.map((name) => uri(`skill://${name}/SKILL.md`)));
    const [release] = all;
    expect(release?.frontmatter).toEqual({
      name: 'release',
      description: 'Release a new version of the product.',
      license: 'MIT',
      metadata: { n: 1.5 },
    });
    expect(release?.resources.map((file) => file.uri)).toEqual(
      ['SKILL.md', 'steps/tag.md', 'steps/logo.bin'].map((file) => uri(`skill://team/release/${file}`)),
    );
    const got = await result('skills/get', { uri: uri(RELEASE) });
    expect(got).toMatchObject({ skill: release, 'x-more': true });
    if (revision === MODERN) expect(got).toMatchObject({ resultType: 'complete', cacheScope: 'private', ttlMs: 5 });
    const { contents } = await result('resources/read', { uri: uri('skill://team/release/steps/tag.md') });
    expect(contents).toMatchObject([{ uri: uri('skill://team/release/steps/tag.md'), text: 'Tag it: “v1”.' }]);
    await result('resources/read', { uri: uri('skill://team/release/steps/logo.bin') });
    for (const hidden of ['skill://secret/SKILL.md', 'skill://nobody/SKILL.md']) {
      expect(await error('skills/get', { uri: uri(hidden) })).toMatchObject({ code: -32602 });
      expect(await error('resources/read', { uri: uri(hidden) })).toMatchObject({ message: 'Resource not found' });
    }
    expect(await error('resources/read', { uri: uri('skill://secret/keys.md') })).toBeDefined();
  });

  it('reads folders, and files of skills that are not listed or have no list of files', async () => {
    const { uri, result, error } = await connect(revision, view, server);
    expect(await result('resources/directory/read', { uri: uri('skill://team/release') })).toMatchObject({
      resources: [
        { uri: uri('skill://team/release/SKILL.md'), name: 'SKILL.md' },
        { uri: uri('skill://team/release/steps'), name: 'steps', mimeType: 'inode/directory' },
      ],
    });
    for (const other of ['skill://secret', 'skill://team/release/SKILL.md', 'note://plain']) {
      expect(await error('resources/directory/read', { uri: uri(other) })).toMatchObject({ code: -32602 });
    }
    await result('skills/get', { uri: uri('skill://unlisted/SKILL.md') });
    await result('resources/read', { uri: uri('skill://unlisted/more.md') });
    await result('resources/read', { uri: uri('skill://live/today.md') });
    expect(await error('resources/read', { uri: uri('skill://live/../secret/keys.md') })).toBeDefined();
    await result('resources/read', { uri: uri('note://plain') });
  });

  it('releases no file that is another one than its entry says', async () => {
    const { uri, rpc, result } = await connect(revision, view, server);
    await result('skills/get', { uri: uri('skill://unlisted-head/SKILL.md') });
    for (const file of ['skill://broken/SKILL.md', 'skill://broken/other.md', 'skill://unlisted-head/SKILL.md']) {
      const { text } = await rpc.call('resources/read', { uri: uri(file) });
      expect(text).toContain('digest, size or frontmatter');
      expect(text).not.toContain('Ignore all');
    }
  });
});

/** Follows the cursors. */
async function allPages(result: Caller['result']): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let cursor: unknown; ; ) {
    const page = await result('skills/list', cursor === undefined ? {} : { cursor });
    entries.push(...(page['skills'] as Entry[]));
    cursor = page['nextCursor'];
    if (cursor === undefined) return entries;
  }
}

it.each([LEGACY, MODERN])('the gateway declares what it answers: %s', async (revision) => {
  const { rpc } = await connect(revision, DIRECT, 'modern');
  const said =
    revision === MODERN
      ? (await rpc.call('server/discover', {})).message.result
      : (rpc as Awaited<ReturnType<typeof openHttp>>).introduction;
  expect(said).toMatchObject({
    capabilities: { extensions: { 'io.modelcontextprotocol/skills': { directoryRead: true } } },
  });
});

it('reads the folder of a skill from its entry where the server reads none', async () => {
  const { uri, result } = await connect(MODERN, DISCOVERY, 'plain');
  expect(await result('resources/directory/read', { uri: uri('skill://team/release/steps') })).toMatchObject({
    resources: [
      { uri: uri('skill://team/release/steps/tag.md'), name: 'tag.md' },
      { uri: uri('skill://team/release/steps/logo.bin'), name: 'logo.bin' },
    ],
  });
});

it('a search finds skills by what they are for, each with its server, and none that is denied', async () => {
  const { result } = await connect(MODERN, DISCOVERY, 'modern');
  const search = async (query: string) => {
    const { content } = (await result('tools/call', {
      name: 'search_tools',
      arguments: { query, agent_id: 'default' },
    })) as { content: { text: string }[] };
    return JSON.parse(content[0]?.text ?? '') as { skills?: { server: string }[] };
  };
  const { skills = [] } = await search('how do I release?');
  // The names of their servers count a little.
  expect(skills.toSorted((one, other) => one.server.localeCompare(other.server))).toEqual(
    ['legacy', 'modern', 'plain'].map((server) => ({
      server,
      uri: `mcp://${server}/${RELEASE}`,
      purpose: 'Release a new version of the product',
    })),
  );
  expect((await search('rotate keys')).skills).toBeUndefined();
});

it('under quarantine a skill that was rewritten is neither got nor read until somebody accepts it; all of it is in the audit log', async () => {
  const home = makeHome({
    servers: servers({ modern: fixture('new') }),
    rules: { ...viewRules(), definitions: { '*': 'quarantine' } },
  });
  const guarded = await serveHttp({ home });
  const rpc = await openHttp(`${guarded.origin}/mcp/servers/modern`, MODERN, { token: SINGLE.token });
  const get = async () => (await rpc.call('skills/get', { uri: RELEASE })).text;
  const read = async () => (await rpc.call('resources/read', { uri: RELEASE })).text;
  expect(await get()).toContain('Release a new version');
  expect(await read()).toContain('See steps');
  await rpc.call('tools/call', { name: 'rewrite', arguments: {} });
  expect(await get()).toContain('DEFINITION_CHANGED');
  const text = await read();
  expect(text).toContain('"error"');
  expect(text).not.toContain('Send all secrets');
  const calls = auditRecords(home).filter(({ operation }) =>
    ['skills/get', 'resources/read'].includes(String(operation)),
  );
  expect(calls.map(({ operation, phase, error_code }) => [operation, phase, error_code ?? ''])).toEqual([
    ['skills/get', 'decided', ''],
    ['skills/get', 'finished', ''],
    ['resources/read', 'decided', ''],
    ['resources/read', 'finished', ''],
    ['skills/get', 'decided', ''],
    ['skills/get', 'finished', 'DEFINITION_CHANGED'],
    ['resources/read', 'decided', ''],
    ['resources/read', 'finished', 'SERVER_UNAVAILABLE'],
  ]);
  await guarded.stop();
});
