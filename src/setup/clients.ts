/** The table of clients: where each keeps its servers, in which form, and what the entry of the gateway looks like there. */
import { join } from 'node:path';
import {
  braces,
  codexEntry,
  common,
  env,
  gooseEntry,
  type OwnEntry,
  opencodeEntry,
  stdioFields,
} from './client-entry.ts';
import { appData, type ClientFile, configHome, extension, json, type Machine, toml, yaml } from './client-files.ts';
import { DIALECTS, type Dialect } from './dialects.ts';
import type { JsonObject } from './edit/data.ts';

export interface Client {
  readonly id: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly dialect: Dialect;
  /** Started from a desktop, so without the PATH of a shell. */
  readonly isDesktop: boolean;
  /** The files that it reads; where none of one scope is there, the first is made. */
  files(place: Machine): readonly ClientFile[];
  /** @returns undefined where the client cannot reach a gateway like that. */
  entry(own: OwnEntry): JsonObject | undefined;
}

type Row = Omit<Client, 'aliases' | 'isDesktop'> & Partial<Pick<Client, 'aliases' | 'isDesktop'>>;

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
        toml('user', join(variables['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml'), container),
        toml('project', join(cwd, '.codex', 'config.toml'), container),
      ];
    },
    entry: codexEntry,
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
      return [yaml('user', join(folder, 'config.yaml'), { path: ['extensions'] })];
    },
    entry: gooseEntry,
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
      yaml('user', join(home, '.continue', 'config.yaml'), { path: ['mcpServers'], nameKey: 'name' }),
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
