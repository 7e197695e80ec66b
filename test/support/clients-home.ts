/** A home folder with the files of many clients, as people have them. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type Home, makeHome } from './home.ts';
import { fixture } from './paths.ts';

/** Values that must never be seen outside of the files that hold them. */
export const SECRETS: readonly string[] = [
  'ghp_0123456789abcdefghijABCDEFGHIJ012345',
  'sk-live-9a8b7c6d5e4f3a2b1c0d',
  'hunter2-the-password',
];
const [GITHUB = '', API = '', PASSWORD = ''] = SECRETS;

const json = (value: unknown, indent: number | string = 2): string => JSON.stringify(value, null, indent);
const calc = (label: string): Record<string, unknown> => fixture('calc', { LABEL: label });

/** The file of each client, from the home folder on. */
export const CLIENT_FILES: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'claude-code': [
    '.claude.json',
    json({
      numStartups: 3,
      mcpServers: { github: { ...calc('github'), env: { LABEL: 'github', GITHUB_TOKEN: GITHUB } } },
      projects: { '/tmp': { mcpServers: { scratch: { command: 'sh', args: ['-c', 'true'] } }, history: ['{'] } },
    }),
  ],
  'claude-desktop': [
    '.config/Claude/claude_desktop_config.json',
    `${json({ mcpServers: { notes: calc('notes') }, globalShortcut: '' }, 4)}\n`,
  ],
  cursor: [
    '.cursor/mcp.json',
    `{\r\n\t// mine\r\n\t"mcpServers": {\r\n\t\t"github": ${json({ ...calc('github'), env: { LABEL: 'github', GITHUB_TOKEN: GITHUB } })}, // the same\r\n\t}\r\n}\r\n`,
  ],
  vscode: [
    '.config/Code/User/mcp.json',
    json({
      servers: { remote: { type: 'http', url: 'http://127.0.0.1:9/mcp', headers: { Authorization: `Bearer ${API}` } } },
    }),
  ],
  'copilot-cli': [
    '.copilot/mcp-config.json',
    json({ mcpServers: { copilot: { ...calc('copilot'), type: 'local', tools: ['add'] } } }),
  ],
  codex: [
    '.codex/config.toml',
    `model = "o3" # best\n\n[mcp_servers.calc]\ncommand = ${json(process.execPath)}\nargs = ${JSON.stringify(fixture('calc')['args'])}\nenabled_tools = ["add"]\n\n[tui]\nnotifications = true`,
  ],
  'gemini-cli': [
    '.gemini/settings.json',
    json({ theme: 'x', mcpServers: { gem: { ...calc('gem'), excludeTools: ['fail'] } } }),
  ],
  windsurf: ['.codeium/windsurf/mcp_config.json', `\ufeff${json({ mcpServers: {} })}`],
  zed: [
    '.config/zed/settings.json',
    `// Zed\n${json({ context_servers: { db: { source: 'custom', command: 'db', args: [`postgres://u:${PASSWORD}@localhost/db`] } } })}\n`,
  ],
  opencode: [
    '.config/opencode/opencode.json',
    json({
      mcp: {
        oc: {
          type: 'local',
          command: [process.execPath, ...(fixture('calc')['args'] as string[])],
          environment: { LABEL: 'oc' },
        },
      },
    }),
  ],
  goose: [
    '.config/goose/config.yaml',
    `# goose\nGOOSE_PROVIDER: x\nextensions:\n  developer:\n    type: builtin\n    enabled: true\n  gs:\n    type: stdio\n    cmd: ${process.execPath}\n    args: ${JSON.stringify(fixture('calc')['args'])}\n    enabled: false\n`,
  ],
  cline: ['.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json', '{}'],
  roo: [
    '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
    json({ mcpServers: { r: { ...calc('r'), alwaysAllow: ['add', 'label'] } } }),
  ],
  continue: ['.continue/config.yaml', 'name: mine\nmcpServers:\n- name: ct\n  command: ct # c\nmodels: []\n'],
  'qwen-code': ['.qwen/settings.json', ''],
  'amazon-q': ['.aws/amazonq/mcp.json', '{"mcpServers":{}}'],
  junie: ['.junie/mcp/mcp.json', json({ mcpServers: { j: calc('j') } })],
};

/** Codex has its file behind a link, Gemini's is for a group too. */
export function makeClientsHome(): Home {
  const home = makeHome();
  const { XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...env } = home.env;
  for (const [file, text] of Object.values(CLIENT_FILES)) {
    mkdirSync(path.dirname(path.join(home.dir, file)), { recursive: true });
    writeFileSync(path.join(home.dir, file), text);
  }
  const codex = path.join(home.dir, '.codex/config.toml');
  mkdirSync(path.join(home.dir, 'dotfiles'));
  writeFileSync(path.join(home.dir, 'dotfiles/codex.toml'), readFileSync(codex));
  chmodSync(path.join(home.dir, '.gemini/settings.json'), 0o640);
  replaceByLink(codex, '../dotfiles/codex.toml');
  const own = path.join(home.dir, '.config/agent-mcp-gateway');
  return { ...home, env, servers: path.join(own, '.mcp.json'), rules: path.join(own, '.mcp-gateway-rules.json') };
}

function replaceByLink(file: string, target: string): void {
  const aside = `${file}.link`;
  symlinkSync(target, aside);
  renameSync(aside, file);
}

/** Everything below a folder: mode, content, and where links lead. */
export function treeOf(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(dir, name);
    const facts = lstatSync(file);
    const content = facts.isSymbolicLink() ? readlinkSync(file) : facts.isFile() ? readFileSync(file, 'latin1') : '';
    found[name] = `${(facts.mode & 0o7777).toString(8)} ${content}`;
  }
  return found;
}
