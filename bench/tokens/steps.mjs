/**
 * Tasks of several steps over tools of the same servers: how an agent does them call by call, and the program that does the same in one
 * `run_code`. Results are as long as those of real accounts are.
 */
const pages = Array.from({ length: 20 }, (_, n) => ({
  id: `1f0c-${1000 + n}`,
  title: `Milestone ${n + 1}`,
  status: n % 3 === 0 ? 'blocked' : 'on track',
  owner: `person-${n % 4}`,
  body: 'The goals of this milestone, how far they are, and what stands in their way, in a few sentences each.',
}));
const people = Array.from({ length: 500 }, (_, n) => ({
  name: `person-${n}`,
  entityType: 'person',
  observations: [`works in team ${n % 7}`, `joined in ${2015 + (n % 9)}`],
}));
const requests = Array.from({ length: 300 }, (_, n) => ({
  id: n + 1,
  url: `https://example.com/assets/${n}.js`,
  status: n % 37 === 0 ? 404 : 200,
}));

const search = { server: 'notion', tool: 'API-post-search', query: 'search pages by title in Notion' };
const page = { server: 'notion', tool: 'API-retrieve-a-page', query: 'retrieve a page in Notion by its id' };
const graph = { server: 'memory', tool: 'read_graph', query: 'read the whole knowledge graph' };
const network = {
  server: 'chrome-devtools',
  tool: 'list_network_requests',
  query: 'which network requests did the page make',
};
const read = { server: 'filesystem', tool: 'read_text_file', query: 'read the contents of a text file' };
const list = { server: 'filesystem', tool: 'list_directory', query: 'list what is in a directory' };

const file = (n) => ({
  name: `log-${n}.txt`,
  text: `${'10:00 request served\n'.repeat(30)}${n % 5 === 0 ? '10:31 ERROR disk full\n' : ''}`,
});
const files = Array.from({ length: 20 }, (_, n) => file(n));

/** The recorded answer of a call. */
export function answerOf({ server, tool, args }) {
  if (server === 'notion' && tool === 'API-post-search')
    return { results: pages.map(({ id, title }) => ({ id, title })) };
  if (server === 'notion') return pages.find(({ id }) => id === args.page_id);
  if (server === 'memory') return { entities: people, relations: [] };
  if (server === 'chrome-devtools') return requests.slice(args.pageIdx * 30, args.pageIdx * 30 + 30);
  if (tool === 'list_directory') return files.map(({ name }) => `[FILE] ${name}`).join('\n');
  return files.find(({ name }) => args.path.endsWith(name)).text;
}

export const STEPS = [
  {
    name: 'join two servers',
    uses: [search, page, graph],
    calls: [
      { ...search, args: { query: 'Milestone' } },
      ...pages.map(({ id }) => ({ ...page, args: { page_id: id } })),
      { ...graph, args: {} },
    ],
    code: `const { results } = await servers.notion['API-post-search']({ query: 'Milestone' });
const pages = await tools.parallel(results.map(({ id }) => () => servers.notion['API-retrieve-a-page']({ page_id: id })));
const { entities } = await servers.memory.read_graph();
const team = new Map(entities.map(({ name, observations }) => [name, observations[0]]));
return pages.filter((p) => p.status === 'blocked').map((p) => p.title + ': ' + team.get(p.owner));`,
  },
  {
    name: 'filter 500 rows',
    uses: [graph],
    calls: [{ ...graph, args: {} }],
    code: `const { entities } = await servers.memory.read_graph();
return entities.filter(({ observations: [team, year] }) => team === 'works in team 3' && year === 'joined in 2016').length;`,
  },
  {
    name: 'fan out over 20 files',
    uses: [list, read],
    calls: [
      { ...list, args: { path: '/var/log/app' } },
      ...files.map(({ name }) => ({ ...read, args: { path: `/var/log/app/${name}` } })),
    ],
    code: `const names = (await servers.filesystem.list_directory({ path: '/var/log/app' })).split('\\n').map((l) => l.slice(7));
const texts = await tools.parallel(names.map((n) => () => servers.filesystem.read_text_file({ path: '/var/log/app/' + n })));
return names.filter((_, n) => texts[n].includes('ERROR'));`,
  },
  {
    name: 'ten pages of a list',
    uses: [network],
    calls: Array.from({ length: 10 }, (_, pageIdx) => ({ ...network, args: { pageSize: 30, pageIdx } })),
    code: `const failed = [];
for (let pageIdx = 0; pageIdx < 10; pageIdx++) {
  const page = await servers['chrome-devtools'].list_network_requests({ pageSize: 30, pageIdx });
  failed.push(...page.filter(({ status }) => status === 404).map(({ url }) => url));
}
return failed;`,
  },
];

/** What a program returns over the recorded answers: it has to be a result. */
export async function returned(code) {
  const called = (server, tool) => async (args) => answerOf({ server, tool, args });
  const byName = (make) => new Proxy({}, { get: (_, name) => make(name) });
  const servers = byName((server) => byName((tool) => called(server, tool)));
  const tools = { parallel: (list) => Promise.all(list.map((one) => one())) };
  const AsyncFunction = (async () => {}).constructor;
  return new AsyncFunction('servers', 'tools', code)(servers, tools);
}
