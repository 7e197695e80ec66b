/** Files as public reports of bugs show them: odd, and yet somebody's. None stops a run, is lost, or is taken over twice. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import { planConnections } from './connect-plan.ts';
import { editBytes } from './edit/editor.ts';
import { renderImport } from './render.ts';
import { makeTestHome, type TestHome } from './testing.ts';

let home: TestHome;
beforeEach(() => {
  home = makeTestHome();
});
afterEach(() => home.remove());

const CODEX = '.codex/config.toml';
const GOOSE = '.config/goose/config.yaml';
const CONTINUE = '.continue/config.yaml';
const CURSOR = '.cursor/mcp.json';
const DESKTOP = '.config/Claude/claude_desktop_config.json';

const FILES: readonly (readonly [client: string, file: string, text: string])[] = [
  ['codex', CODEX, '[mcp_servers.p]\ncommand = "npx"\n\n[mcp_servers.p.env]\nenv_vars = [ "KEY" ]\n'],
  ['codex', CODEX, '[mcp_servers.p]\ncommand = "npx "\nargs = "serve --mcp"\n'],
  ['codex', CODEX, "[mcp_servers.b]\ncommand = 'node'\nargs = ['C:\\Users\\me\\mcp.js']\n"],
  ['codex', CODEX, '[mcp_servers."git hub"]\nurl = "https://x"\n[mcp_servers."git hub".http_headers]\nA = "b"\n'],
  ['codex', CODEX, '[mcp_servers]\n\n[mcp_servers.a]\ncommand = "a"\nenabled = false\n\n\n[features]\n'],
  ['codex', CODEX, '[mcp_servers.a]\ncommand = """a"""\nargs = [\n  "x",   # one\n\n  "y" ]\n'],
  ['codex', CODEX, 'mcp_servers = { a = { command = "a", env = { K = "v" } } }\n'],
  ['codex', CODEX, '[[mcp_servers.a]]\ncommand = "a"\n'],
  [
    'goose',
    GOOSE,
    'extensions:\n  m:\n    enabled: true\n    type: stdio\n    name: m\n    cmd: m\n    args: []\n    timeout: 300\n    envs: {}\n    env_keys: []\n    bundled: null\n    available_tools: []\n',
  ],
  ['goose', GOOSE, 'extensions:\n  x:\n    type: frontend\n  y:\n    type: platform\n    name: y\n'],
  ['goose', GOOSE, 'extensions:\n  1:\n    type: stdio\n    cmd: 2\n    args: [3, true, null]\n'],
  [
    'goose',
    GOOSE,
    "extensions:\n  'a b':\n    type: stdio\n    cmd: |\n      npx\n    args:\n    - -y\n    - 'it''s'\n",
  ],
  ['goose', GOOSE, 'GOOSE_MODEL: x\nextensions: {}\n'],
  ['continue', CONTINUE, 'name: x\nmcpServers:\n  - uses: upstash/context7-mcp\n  - name: a\n    command: a\n'],
  ['continue', CONTINUE, 'name: x\nmcpServers: []\n'],
  ['continue', CONTINUE, 'mcpServers:\n  - name: a\n    command: a\n  - name: a\n    command: b\n'],
  ['cursor', CURSOR, '{\n  "mcpServers": {\n    "c": {\n      "url": "https://mcp.example.com/mcp",\n    }\n  }\n}'],
  ['cursor', CURSOR, '{"mcpServers": {"c": {"command": "cmd", "args": ["/c", "npx", "-y", "x"], "env": null}}}'],
  [
    'cursor',
    CURSOR,
    '{"mcpServers": {"a": {"command": "npx -y a@1 --flag", "args": null}, "b": null, "c": "x", "d": []}}',
  ],
  ['cursor', CURSOR, '{"mcpServers": {"": {"command": "a"}, " ": {"command": "b"}, "x.y/z": {"url": "b"}}}'],
  ['cursor', CURSOR, '{"mcpServers": {"a": {"mcpServers": {"a": {"command": "a"}}}}}'],
  ['cursor', CURSOR, '{"a": {"command": "a", "args": []}}'],
  ['cursor', CURSOR, '{"mcpServers": {"a": {"type": "streamable_http", "url": "HTTPS://X/mcp#f", "headers": {}}}}'],
  [
    'claude-desktop',
    DESKTOP,
    '\ufeff{\r\n  "mcpServers": {\r\n    "t": { "command": "C:\\\\Program Files\\\\nodejs\\\\node.exe" }\r\n  }\r\n}\r\n',
  ],
  ['claude-desktop', DESKTOP, '{"isUsingBuiltInNodeForMcp": true, "preferences": {"a": [{}]}}\n'],
  [
    'claude-code',
    '.claude.json',
    '{"mcpServers": {}, "projects": {"/a": null, "/b": {"mcpServers": null}, "/c": {"mcpServers": {"x": {"command": "x"}}}}}',
  ],
  [
    'claude-code',
    '.claude.json',
    '{"projects": [], "mcpServers": {"x": {"type": "stdio", "command": "x", "args": [], "env": {"A": 1, "B": true}}}}',
  ],
  [
    'amazon-q',
    '.aws/amazonq/mcp.json',
    '{\n  "mcpServers": {\n    "g": { "command": "docker", "args": ["run", "-i", "--rm", "-e", "T", "img"] }//,\n    //"h": {}\n  }\n}\n',
  ],
  [
    'zed',
    '.config/zed/settings.json',
    '{\n  "context_servers": {\n    "m": {\n      "command": { "path": "npx", "args": null },\n      "settings": {}\n    }\n  },\n}\n',
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    '{"$schema": "x", "mcp": {"a": {"enabled": false}, "b": {"type": "local", "command": []}}}',
  ],
  [
    'vscode',
    '.config/Code/User/mcp.json',
    `{\n\t"servers": {\n\t\t"g": { "type": "http", "url": "https://x/\${input:id}" }\n\t},\n\t"inputs": [null, {"id": "id"}, 3]\n}`,
  ],
  [
    'cline',
    '.cline/data/settings/cline_mcp_settings.json',
    '{"mcpServers": {"a": {"transport": {}}, "b": {"transport": "sse", "url": "https://x", "disabled": true}}}',
  ],
];

describe.each(FILES)('%s, %s: %j', (id, file, text) => {
  const path = (): string => join(home.dir, file);

  it('is taken over once, whatever is in it', async () => {
    home.write({ [file]: text });
    const plan = await home.plan();
    expect(renderImport(plan, {}).join('\n')).not.toContain('undefined');
    for (const change of plan.changes) {
      mkdirSync(dirname(change.path), { recursive: true });
      writeFileSync(change.path, change.after ?? '');
    }
    expect((await home.plan()).changes).toEqual([]);
    expect(readFileSync(path(), 'utf8')).toBe(text);
  });

  it('gets the entry and gives back its bytes, or is refused with its name', () => {
    home.write({ [file]: text });
    const [connection] = planConnections(
      CLIENTS.filter((client) => client.id === id),
      home.place,
      {
        scope: 'user',
        http: undefined,
        name: 'gateway',
        replaced: undefined,
        agents: new Set(),
        running: { execPath: '/usr/bin/node', script: '/opt/agent-mcp-gateway/dist/main.js' },
        mainScript: undefined,
      },
    );
    if (connection?.refusal !== undefined) expect(connection.refusal).toContain(path());
    const { after, format = 'json', edits = [] } = connection?.change ?? {};
    if (after === undefined) return;
    const { bytes } = editBytes(format, after, edits);
    expect(bytes.toString().trim()).toBe(text.trim());
  });
});
