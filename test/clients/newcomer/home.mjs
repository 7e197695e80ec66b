/** A home folder as somebody has it who uses many clients: what each of them knows, in its own form. Six servers are from npm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const json = (value, indent = 2) => `${JSON.stringify(value, null, indent)}\n`;
const npx = (name, ...args) => ({ command: 'npx', args: ['-y', name, ...args] });

/** Servers from npm, as their own pages say to write them. */
const everything = npx('@modelcontextprotocol/server-everything');
const memory = npx('@modelcontextprotocol/server-memory');
const thinking = npx('@modelcontextprotocol/server-sequential-thinking');
const context7 = npx('@upstash/context7-mcp');
const playwright = npx('@playwright/mcp');
const files = (work) => npx('@modelcontextprotocol/server-filesystem', work);

export const SERVERS = ['everything', 'memory', 'thinking', 'context7', 'playwright', 'files'];

/** A key that must be seen nowhere but where it was. */
export const KEY = ['ghp', '0123456789abcdefghijABCDEFGHIJ012345'].join('_');

/** File from the home folder on -> its text. */
const filesOf = (work) => ({
  '.claude.json': json({
    numStartups: 2,
    mcpServers: { everything: { type: 'stdio', ...everything, env: {} }, files: { type: 'stdio', ...files(work) } },
    projects: { [work]: { history: [], mcpServers: {} } },
  }),
  '.claude/settings.json': json({ permissions: { deny: ['mcp__everything__get-env'] } }),
  '.config/Claude/claude_desktop_config.json': json({ mcpServers: { files: files(work) }, globalShortcut: '' }, 4),
  '.cursor/mcp.json': `{\r\n\t// mine\r\n\t"mcpServers": {\r\n\t\t"context7": ${JSON.stringify(context7)},\r\n\t}\r\n}\r\n`,
  '.config/Code/User/mcp.json': json({
    servers: { playwright: { type: 'stdio', ...playwright } },
    inputs: [],
  }),
  '.copilot/mcp-config.json': json({ mcpServers: { memory: { type: 'local', ...memory, tools: ['*'] } } }),
  '.codex/config.toml': `model = "gpt-5" # the best\n\n[mcp_servers.thinking]\ncommand = "npx"\nargs = ${JSON.stringify(thinking.args)}\n\n[tui]\nnotifications = true`,
  '.gemini/settings.json': json({
    theme: 'Default',
    mcpServers: { memory: { ...memory, excludeTools: ['delete_entities'] } },
  }),
  '.gemini/config/mcp_config.json': json({ mcpServers: {} }),
  '.codeium/windsurf/mcp_config.json': `\ufeff${json({
    mcpServers: {
      git: { serverUrl: 'http://127.0.0.1:9/mcp', headers: { Authorization: `Bearer ${KEY}` }, disabled: true },
    },
  })}`,
  '.config/zed/settings.json': `// Zed\n${json({ theme: 'One', context_servers: { thinking: { source: 'custom', ...thinking } } })}`,
  '.config/opencode/opencode.json': json({
    mcp: { everything: { type: 'local', command: ['npx', ...everything.args], enabled: true } },
  }),
  '.config/goose/config.yaml': `# goose\nGOOSE_PROVIDER: x\nextensions:\n  developer:\n    type: builtin\n    enabled: true\n  memory:\n    type: stdio\n    cmd: npx\n    args: ${JSON.stringify(memory.args)}\n    enabled: true\n`,
  '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json': '{}',
  '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json': json({
    mcpServers: { context7: { ...context7, alwaysAllow: ['resolve-library-id'] } },
  }),
  '.continue/config.yaml': `name: mine\nmcpServers:\n- name: thinking\n  command: npx\n  args: ${JSON.stringify(thinking.args)}\nmodels: []\n`,
  '.qwen/settings.json': '',
  '.aws/amazonq/mcp.json': '{"mcpServers":{}}',
  '.junie/mcp/mcp.json': json({ mcpServers: { everything } }),
});

/** Writes them. @param work the folder that somebody works in */
export function makeHome(home, work) {
  for (const [name, text] of Object.entries(filesOf(work))) {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
