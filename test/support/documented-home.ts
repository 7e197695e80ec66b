/** A home in which the commands of the documentation work: servers, agents and files have the names that it uses. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { blocksOf } from './documented.ts';
import { type Home, type Json, makeHome, servers } from './home.ts';
import { fixture, fixturePath, program } from './paths.ts';

const FILES = fixture('calc', { TOOLS: 'list_allowed_directories,read_text_file,write_file' });

/** Something stands in its log. */
const TALKS = { command: 'sh', args: ['-c', `echo ready >&2; exec '${process.execPath}' '${fixturePath('calc')}'`] };

const SERVERS = servers({
  files: FILES,
  memory: fixture('calc'),
  github: TALKS,
  'brave-search': fixture('calc'),
  // Nothing is asked of it: it is only named.
  linear: { url: 'http://127.0.0.1:9/mcp', disabled: true },
});

/** Servers that a page shows, each of them one that answers with what it was asked; otherwise some with every name that the pages use. */
function serversOf(page: string): Json {
  if (!ITS_OWN.has(page)) return SERVERS;
  const shown = blocksOf(page).find(({ language, text }) => language === 'json' && text.includes('"mcpServers"'));
  const { mcpServers } = JSON.parse(shown?.text ?? '') as { readonly mcpServers: Readonly<Record<string, Json>> };
  return servers(
    Object.fromEntries(
      Object.entries(mcpServers).map(([name, entry]) => [
        name,
        'virtual' in entry ? entry : { ...entry, ...fixture('tracker') },
      ]),
    ),
  );
}

/** The APIs that a page shows, at an address that there is. */
function apisOf(page: string, url: string): Json {
  const [shown] = blocksOf(page).filter(({ text }) => text.includes('"openapi"'));
  const { mcpServers } = JSON.parse(shown?.text ?? '') as { readonly mcpServers: Readonly<Record<string, Json>> };
  return servers(Object.fromEntries(Object.entries(mcpServers).map(([name, entry]) => [name, { ...entry, url }])));
}

/** The OpenAPI documents that a page shows: it names them in the text before. */
function documentsOf(page: string): readonly (readonly [name: string, text: string])[] {
  return blocksOf(page)
    .filter(({ language, text }) => language === 'yaml' && text.startsWith('openapi:'))
    .map(({ text }) => ['shop.yaml', text] as const);
}

/** Pages whose commands need the servers that they show. */
const ITS_OWN: ReadonlySet<string> = new Set([
  'docs/overrides.md',
  'docs/virtual-servers.md',
  'docs/budgets.md',
  'docs/caching.md',
]);

const ALL = { allow: { servers: ['*'] } };

const USUAL = {
  agents: {
    default: ALL,
    researcher: ALL,
    developer: { ...ALL, ask: { tools: { files: ['write_*'] } }, deny: { tools: { '*': ['delete_*'] } } },
    deployer: ALL,
    NAME: ALL,
  },
};

/** All rules that a page shows together with their decisions; otherwise some with every agent that the pages name. */
function rulesOf(page: string): Json {
  const blocks = blocksOf(page);
  if (!blocks.some(({ text }) => text.startsWith('$ agent-mcp-gateway policy'))) return USUAL;
  const shown = blocks.filter(({ language, text }) => language === 'json' && text.includes('"agents"'));
  const agents = shown.map(({ text }) => (JSON.parse(text) as { readonly agents: Json }).agents);
  // An agent that a page shows several times is the first of them.
  return shown.length === 0 ? USUAL : { agents: Object.assign({}, ...agents.toReversed()) as Json };
}

/** The expectations that docs/rules.md shows. */
function expectations(): string {
  const shown = blocksOf('docs/rules.md').find(({ text }) => text.startsWith('[') && text.includes('"checks"'));
  return shown?.text ?? '[]';
}

/** @param isNew without a configuration: what is shown makes one. */
/** @param api address of an API, for pages that show the document of one */
export function documentedHome(page: string, isNew: boolean, api?: string): Home {
  const rules = rulesOf(page);
  const shown = api === undefined ? serversOf(page) : apisOf(page, api);
  const home = makeHome({ servers: shown, rules });
  const bin = path.join(home.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, 'agent-mcp-gateway'),
    `#!/bin/sh\nexec '${process.execPath}' '${program.join("' '")}' "$@"\n`,
  );
  chmodSync(path.join(bin, 'agent-mcp-gateway'), 0o755);
  const project = path.join(home.cwd, 'my-project');
  mkdirSync(project);
  const inFolders: readonly (readonly [string, string])[] = [
    ['.mcp.json', JSON.stringify(shown)],
    ...documentsOf(page),
    ['.mcp-gateway-rules.json', JSON.stringify(page === 'docs/rules.md' ? rules : expectedRules())],
  ];
  for (const folder of [home.cwd, project]) {
    for (const [name, text] of inFolders) writeFileSync(path.join(folder, name), text);
  }
  for (const name of ['rules.json', 'new-rules.json']) {
    writeFileSync(path.join(home.cwd, name), JSON.stringify(expectedRules()));
  }
  writeFileSync(path.join(home.cwd, 'expectations.json'), expectations());
  writeFileSync(path.join(home.cwd, 'token.txt'), 'a-token\n');
  mkdirSync(path.join(home.dir, '.cursor'));
  writeFileSync(path.join(home.dir, '.cursor/mcp.json'), JSON.stringify(servers({ notes: fixture('calc') })));
  // As the pages say where both are, without the variables of XDG.
  const { XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...env } = home.env;
  const own = path.join(home.dir, '.config/agent-mcp-gateway');
  mkdirSync(own, { recursive: true });
  if (!isNew) {
    writeFileSync(path.join(own, '.mcp.json'), JSON.stringify(shown));
    for (const [name, text] of documentsOf(page)) writeFileSync(path.join(own, name), text);
    writeFileSync(path.join(own, '.mcp-gateway-rules.json'), JSON.stringify(rules));
  }
  return {
    ...home,
    env: { ...env, PATH: `${bin}:${process.env.PATH ?? ''}`, GATEWAY_HTTP_PORT: '0', TERM: 'dumb' },
  };
}

function expectedRules(): Json {
  return rulesOf('docs/rules.md');
}
