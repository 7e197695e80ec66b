/** The table of clients: where each keeps its servers, in which form, and what the entry of the gateway looks like there. */
import { join } from 'node:path';
import { nearest } from '../config/nearest-name.ts';
import { GatewayError } from '../shared/errors.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import { type Container, type DataMap, dataAt, isMap, type JsonObject } from './edit/data.ts';
import type { Format } from './edit/editor.ts';

/** Where this runs. */
export interface Place {
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

export interface ClientFile {
  readonly scope: 'user' | 'project';
  readonly path: string;
  readonly format: Format;
  readonly container: Container;
}

/** What the entry of the gateway says. */
export type OwnEntry =
  | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[]; readonly env: JsonObject }
  | {
      readonly kind: 'http';
      readonly url: string;
      /** Variable that holds the bearer token; undefined where the gateway needs none. */
      readonly tokenVariable: string | undefined;
    };

export interface Client {
  readonly id: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly dialect: Dialect;
  /** Started from a desktop, so without the PATH of a shell. */
  readonly isDesktop: boolean;
  /** The files that it reads; of those of one scope, the first that is there, or the first. */
  files(place: Place): readonly ClientFile[];
  /** @returns undefined where the client cannot reach a gateway like that. */
  entry(own: OwnEntry): JsonObject | undefined;
}

const MCP_SERVERS: Container = { path: ['mcpServers'] };

/** How an entry names the variable of the token in a header; undefined where headers have no variables. */
type TokenReference = ((name: string) => string) | undefined;

const braces: TokenReference = (name) => `\${${name}}`;
const env: TokenReference = (name) => `\${env:${name}}`;
const curly: TokenReference = (name) => `{env:${name}}`;

function headersOf(variable: string | undefined, reference: TokenReference): JsonObject | undefined {
  if (variable === undefined) return {};
  return reference === undefined ? undefined : { headers: { Authorization: `Bearer ${reference(variable)}` } };
}

interface Shape {
  readonly stdio?: JsonObject;
  readonly http?: JsonObject;
  readonly urlKey?: string;
  readonly token: TokenReference;
}

/** An entry in the form that most clients share, with what one of them adds. */
function common({ stdio = {}, http = {}, urlKey = 'url', token }: Shape): Client['entry'] {
  return (own) => {
    if (own.kind === 'stdio') return { ...stdio, ...stdioFields(own) };
    const headers = headersOf(own.tokenVariable, token);
    return headers && { ...http, [urlKey]: own.url, ...headers };
  };
}

function stdioFields({ command, args, env: variables }: Extract<OwnEntry, { kind: 'stdio' }>): JsonObject {
  return { command, args: [...args], ...(Object.keys(variables).length === 0 ? {} : { env: variables }) };
}

const json = (scope: ClientFile['scope'], path: string, container: Container = MCP_SERVERS): ClientFile => ({
  scope,
  path,
  format: 'json',
  container,
});

/** Folder of the settings of programs of the desktop. */
function appData({ home, env: variables, platform }: Place): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return variables['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  return configHome({ home, env: variables });
}

function configHome({ home, env: variables }: Pick<Place, 'home' | 'env'>): string {
  const named = variables['XDG_CONFIG_HOME'];
  return named?.startsWith('/') === true ? named : join(home, '.config');
}

const extension = (place: Place, id: string, file: string): string =>
  join(appData(place), 'Code', 'User', 'globalStorage', id, 'settings', file);

/** opencode, and what is made of it. */
const opencodeEntry: Client['entry'] = (own) => {
  if (own.kind === 'http') {
    const headers = headersOf(own.tokenVariable, curly);
    return headers && { type: 'remote', url: own.url, ...headers };
  }
  const environment = Object.keys(own.env).length === 0 ? {} : { environment: own.env };
  return { type: 'local', command: [own.command, ...own.args], ...environment };
};

interface Row {
  readonly id: string;
  readonly title: string;
  readonly aliases?: readonly string[];
  readonly dialect: Dialect;
  readonly isDesktop?: boolean;
  readonly files: Client['files'];
  readonly entry: Client['entry'];
}

const ROWS: readonly Row[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    aliases: ['claude'],
    dialect: DIALECTS['claude-code'],
    files: ({ home, cwd, env: variables }) => [
      json('user', join(variables['CLAUDE_CONFIG_DIR'] ?? home, '.claude.json')),
      json('project', join(cwd, '.mcp.json')),
    ],
    entry: common({ stdio: { type: 'stdio' }, http: { type: 'http' }, token: braces }),
  },
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    dialect: DIALECTS['claude-desktop'],
    isDesktop: true,
    files: (place) => [json('user', join(appData(place), 'Claude', 'claude_desktop_config.json'))],
    entry: (own) => (own.kind === 'stdio' ? stdioFields(own) : undefined),
  },
  {
    id: 'cursor',
    title: 'Cursor',
    dialect: DIALECTS.cursor,
    isDesktop: true,
    files: ({ home, cwd }) => [
      json('user', join(home, '.cursor', 'mcp.json')),
      json('project', join(cwd, '.cursor', 'mcp.json')),
    ],
    entry: common({ token: env }),
  },
  {
    id: 'vscode',
    title: 'VS Code',
    aliases: ['code', 'vs-code', 'copilot'],
    dialect: DIALECTS.vscode,
    isDesktop: true,
    files: (place) => [
      json('user', join(appData(place), 'Code', 'User', 'mcp.json'), { path: ['servers'] }),
      json('project', join(place.cwd, '.vscode', 'mcp.json'), { path: ['servers'] }),
    ],
    entry: common({ stdio: { type: 'stdio' }, http: { type: 'http' }, token: env }),
  },
  {
    id: 'copilot-cli',
    title: 'GitHub Copilot CLI',
    dialect: DIALECTS['copilot-cli'],
    files: ({ home, env: variables }) => [
      json('user', join(variables['COPILOT_HOME'] ?? join(home, '.copilot'), 'mcp-config.json')),
    ],
    entry: common({ stdio: { type: 'local', tools: ['*'] }, http: { type: 'http', tools: ['*'] }, token: braces }),
  },
  {
    id: 'codex',
    title: 'Codex',
    dialect: DIALECTS.codex,
    files: ({ home, cwd, env: variables }) => {
      const container = { path: ['mcp_servers'] };
      return [
        {
          scope: 'user',
          path: join(variables['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml'),
          format: 'toml',
          container,
        },
        { scope: 'project', path: join(cwd, '.codex', 'config.toml'), format: 'toml', container },
      ];
    },
    entry: (own) => {
      if (own.kind === 'stdio') return stdioFields(own);
      return { url: own.url, ...(own.tokenVariable === undefined ? {} : { bearer_token_env_var: own.tokenVariable }) };
    },
  },
  {
    id: 'gemini-cli',
    title: 'Gemini CLI',
    aliases: ['gemini'],
    dialect: DIALECTS.gemini,
    files: ({ home, cwd }) => [
      json('user', join(home, '.gemini', 'settings.json')),
      json('project', join(cwd, '.gemini', 'settings.json')),
    ],
    entry: common({ urlKey: 'httpUrl', token: braces }),
  },
  {
    id: 'antigravity',
    title: 'Antigravity',
    dialect: DIALECTS.antigravity,
    isDesktop: true,
    files: ({ home }) => [
      json('user', join(home, '.gemini', 'config', 'mcp_config.json')),
      json('user', join(home, '.gemini', 'antigravity', 'mcp_config.json')),
    ],
    entry: common({ urlKey: 'serverUrl', token: undefined }),
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    dialect: DIALECTS.windsurf,
    isDesktop: true,
    files: ({ home }) => [json('user', join(home, '.codeium', 'windsurf', 'mcp_config.json'))],
    entry: common({ urlKey: 'serverUrl', token: env }),
  },
  {
    id: 'devin',
    title: 'Devin',
    dialect: DIALECTS.devin,
    isDesktop: true,
    files: (place) => [
      json('user', join(place.platform === 'win32' ? appData(place) : configHome(place), 'devin', 'mcp_config.json')),
      json('project', join(place.cwd, '.devin', 'mcp_config.json')),
    ],
    entry: common({ http: { transport: 'http' }, token: undefined }),
  },
  {
    id: 'zed',
    title: 'Zed',
    dialect: DIALECTS.zed,
    isDesktop: true,
    files: (place) => {
      const container = { path: ['context_servers'] };
      const folder = place.platform === 'win32' ? join(appData(place), 'Zed') : join(configHome(place), 'zed');
      return [
        json('user', join(folder, 'settings.json'), container),
        json('project', join(place.cwd, '.zed', 'settings.json'), container),
      ];
    },
    entry: common({ stdio: { source: 'custom' }, http: { source: 'custom' }, token: undefined }),
  },
  {
    id: 'opencode',
    title: 'opencode',
    dialect: DIALECTS.opencode,
    files: (place) => {
      const container = { path: ['mcp'] };
      const folder = join(configHome(place), 'opencode');
      return [
        json('user', join(folder, 'opencode.json'), container),
        json('user', join(folder, 'opencode.jsonc'), container),
        json('project', join(place.cwd, 'opencode.json'), container),
        json('project', join(place.cwd, 'opencode.jsonc'), container),
      ];
    },
    entry: opencodeEntry,
  },
  {
    id: 'goose',
    title: 'goose',
    dialect: DIALECTS.goose,
    files: (place) => {
      const folder =
        place.platform === 'win32'
          ? join(appData(place), 'Block', 'goose', 'config')
          : join(configHome(place), 'goose');
      return [
        { scope: 'user', path: join(folder, 'config.yaml'), format: 'yaml', container: { path: ['extensions'] } },
      ];
    },
    entry: (own) => {
      const base = { enabled: true, name: 'gateway', description: 'All servers of agent-mcp-gateway', timeout: 300 };
      if (own.kind === 'stdio') {
        return { ...base, type: 'stdio', cmd: own.command, args: [...own.args], envs: own.env };
      }
      return own.tokenVariable === undefined ? { ...base, type: 'streamable_http', uri: own.url } : undefined;
    },
  },
  {
    id: 'cline',
    title: 'Cline',
    dialect: DIALECTS.cline,
    isDesktop: true,
    files: (place) => [
      json('user', extension(place, 'saoudrizwan.claude-dev', 'cline_mcp_settings.json')),
      json('user', join(place.home, '.cline', 'data', 'settings', 'cline_mcp_settings.json')),
    ],
    entry: common({ http: { type: 'streamableHttp' }, token: undefined }),
  },
  {
    id: 'roo',
    title: 'Roo Code',
    aliases: ['roo-code'],
    dialect: DIALECTS.roo,
    isDesktop: true,
    files: (place) => [
      json('user', extension(place, 'rooveterinaryinc.roo-cline', 'mcp_settings.json')),
      json('project', join(place.cwd, '.roo', 'mcp.json')),
    ],
    entry: common({ http: { type: 'streamable-http' }, token: env }),
  },
  {
    id: 'kilo',
    title: 'Kilo Code',
    aliases: ['kilo-code', 'kilocode'],
    dialect: DIALECTS.roo,
    isDesktop: true,
    files: (place) => [
      json('user', extension(place, 'kilocode.kilo-code', 'mcp_settings.json')),
      json('project', join(place.cwd, '.kilocode', 'mcp.json')),
    ],
    entry: common({ http: { type: 'streamable-http' }, token: env }),
  },
  {
    id: 'kilo-cli',
    title: 'Kilo CLI',
    dialect: DIALECTS.opencode,
    files: (place) => {
      const container = { path: ['mcp'] };
      const folder = join(configHome(place), 'kilo');
      return [
        json('user', join(folder, 'kilo.jsonc'), container),
        json('user', join(folder, 'kilo.json'), container),
        json('project', join(place.cwd, 'kilo.json'), container),
        json('project', join(place.cwd, 'kilo.jsonc'), container),
      ];
    },
    entry: opencodeEntry,
  },
  {
    id: 'continue',
    title: 'Continue',
    dialect: DIALECTS.continue,
    isDesktop: true,
    files: ({ home }) => [
      {
        scope: 'user',
        path: join(home, '.continue', 'config.yaml'),
        format: 'yaml',
        container: { path: ['mcpServers'], nameKey: 'name' },
      },
    ],
    entry: common({ http: { type: 'streamable-http' }, token: undefined }),
  },
  {
    id: 'qwen-code',
    title: 'Qwen Code',
    aliases: ['qwen'],
    dialect: DIALECTS.gemini,
    files: ({ home, cwd }) => [
      json('user', join(home, '.qwen', 'settings.json')),
      json('project', join(cwd, '.qwen', 'settings.json')),
    ],
    entry: common({ urlKey: 'httpUrl', token: braces }),
  },
  {
    id: 'amazon-q',
    title: 'Amazon Q',
    aliases: ['amazonq', 'q'],
    dialect: DIALECTS['amazon-q'],
    files: ({ home, cwd }) => [
      json('user', join(home, '.aws', 'amazonq', 'mcp.json')),
      json('project', join(cwd, '.amazonq', 'mcp.json')),
    ],
    entry: common({ http: { type: 'http' }, token: env }),
  },
  {
    id: 'kiro',
    title: 'Kiro',
    dialect: DIALECTS.kiro,
    isDesktop: true,
    files: ({ home, cwd }) => [
      json('user', join(home, '.kiro', 'settings', 'mcp.json')),
      json('project', join(cwd, '.kiro', 'settings', 'mcp.json')),
    ],
    entry: common({ token: braces }),
  },
  {
    id: 'junie',
    title: 'JetBrains Junie',
    aliases: ['jetbrains'],
    dialect: DIALECTS.junie,
    isDesktop: true,
    files: ({ home, cwd }) => [
      json('user', join(home, '.junie', 'mcp', 'mcp.json')),
      json('project', join(cwd, '.junie', 'mcp', 'mcp.json')),
    ],
    entry: common({ token: undefined }),
  },
];

/** All clients that are known, in the order in which they are shown. */
export const CLIENTS: readonly Client[] = ROWS.map(({ aliases = [], isDesktop = false, ...row }) => ({
  ...row,
  aliases,
  isDesktop,
}));

/** @throws GatewayError USAGE with the nearest name, or all of them */
export function clientNamed(name: string): Client {
  const found = CLIENTS.find(({ id, aliases }) => id === name || aliases.includes(name));
  if (found !== undefined) return found;
  const close = nearest(
    name,
    CLIENTS.flatMap(({ id, aliases }) => [id, ...aliases]),
  );
  const hint = close === undefined ? `Known: ${CLIENTS.map(({ id }) => id).join(', ')}.` : `Did you mean ${close}?`;
  throw new GatewayError('USAGE', `There is no client "${name.slice(0, 64)}". ${hint}`);
}

/** Where the servers of a file are, each with the project that it is for; undefined for all of them. */
export function containersOf(
  { container }: ClientFile,
  { id, dialect }: Client,
  data: DataMap,
): readonly ProjectContainer[] {
  const found: ProjectContainer[] = [{ container, project: undefined }];
  if (dialect === DIALECTS.opencode && isMap(dataAt(data, ['mcp', 'servers']))) {
    return [{ container: { path: ['mcp', 'servers'] }, project: undefined }];
  }
  const projects = id === 'claude-code' ? data.get('projects') : undefined;
  if (!isMap(projects)) return found;
  for (const [project, settings] of projects) {
    const servers = isMap(settings) ? settings.get('mcpServers') : undefined;
    if (isMap(servers) && servers.size > 0) {
      found.push({ container: { path: ['projects', project, 'mcpServers'] }, project });
    }
  }
  return found;
}

export interface ProjectContainer {
  readonly container: Container;
  readonly project: string | undefined;
}
