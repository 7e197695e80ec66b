import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS } from './clients.ts';
import { type ImportPlan, sealSecrets } from './import-plan.ts';
import { renderImport, summary } from './render.ts';
import { readSources } from './sources.ts';
import { makeTestHome, type TestHome } from './testing.ts';

let home: TestHome;
beforeEach(() => {
  home = makeTestHome();
});
afterEach(() => home.remove());

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
const serversOf = ({ merged }: ImportPlan): Record<string, unknown> =>
  Object.fromEntries(merged.servers.map(({ name, entry }) => [name, entry]));
const lostOf = ({ merged }: ImportPlan): string[] =>
  merged.servers.flatMap(({ sources }) => sources.flatMap(({ result }) => [...result.lost]));

/** The entry of each client, and ours for it. */
const ENTRIES: readonly (readonly [client: string, file: string, text: string, entry: object])[] = [
  [
    'Claude Code',
    '.claude.json',
    `{"mcpServers": {"x": {"type": "stdio", "command": "npx", "args": ["-y", "\${PKG:-p}"], "env": {"A": "$b \${C}"}}}}`,
    { type: 'stdio', command: 'npx', args: ['-y', `\${PKG:-p}`], env: { A: `$b \${C}` } },
  ],
  [
    'Claude Code, HTTP',
    '.claude.json',
    `{"mcpServers": {"x": {"type": "http", "url": "https://x/mcp", "headers": {"X-Team": "\${TEAM}"}, "oauth": {"clientId": "c", "callbackPort": 9000}}}}`,
    {
      type: 'http',
      url: 'https://x/mcp',
      headers: { 'X-Team': `\${TEAM}` },
      oauth: { clientId: 'c', redirectPort: 9000 },
    },
  ],
  [
    'Claude Code, a project',
    '.claude.json',
    '{"projects": {"/srv/a": {"mcpServers": {"x": {"command": "./run", "env": {"N": 3}}}}}}',
    { command: './run', env: { N: '3' }, cwd: '/srv/a' },
  ],
  [
    'Claude Desktop',
    '.config/Claude/claude_desktop_config.json',
    `{"mcpServers": {"x": {"command": "npx", "args": ["\${HOME}", "$$"]}}}`,
    { command: 'npx', args: [`$\${HOME}`, '$$$'] },
  ],
  [
    'Cursor',
    '.cursor/mcp.json',
    `{"mcpServers": {"x": {"url": "https://x/sse", "headers": {"X-K": "\${env:K}"}}}}`,
    { url: 'https://x/sse', headers: { 'X-K': `\${K}` } },
  ],
  [
    'Cursor, envFile',
    '.cursor/mcp.json',
    `{"mcpServers": {"x": {"command": "node", "args": ["\${workspaceFolder}/s.js"], "envFile": "\${workspaceFolder}/.env"}}}`,
    { command: 'node', args: [`\${workspaceFolder}/s.js`], envFile: `\${workspaceFolder}/.env` },
  ],
  [
    'VS Code',
    '.config/Code/User/mcp.json',
    `{"servers": {"x": {"type": "stdio", "command": "npx", "env": {"K": "\${env:K}", "H": "\${HOME}"}}}}`,
    { type: 'stdio', command: 'npx', env: { K: `\${K}`, H: `$\${HOME}` } },
  ],
  [
    'Copilot CLI',
    '.copilot/mcp-config.json',
    '{"mcpServers": {"x": {"type": "local", "command": "npx", "args": ["$A"], "tools": ["*"], "timeout": 5000}}}',
    { type: 'stdio', command: 'npx', args: [`\${A}`], timeout_ms: 5000 },
  ],
  [
    'Codex',
    '.codex/config.toml',
    `[mcp_servers.x]\ncommand = "npx"\nargs = ["\${A}"]\nenv_vars = ["B"]\nstartup_timeout_sec = 20\ntool_timeout_sec = 1.5\n[mcp_servers.x.env]\nC = "c"\n`,
    { command: 'npx', args: [`$\${A}`], env: { B: `\${B:-}`, C: 'c' }, start_timeout_ms: 20_000, timeout_ms: 1500 },
  ],
  [
    'Codex, HTTP',
    '.codex/config.toml',
    '[mcp_servers.x]\nurl = "https://x"\nbearer_token_env_var = "T"\nhttp_headers = { "X-A" = "a" }\nenv_http_headers = { "X-B" = "B" }\nscopes = ["r"]\n',
    {
      type: 'http',
      url: 'https://x',
      headers: { 'X-A': 'a', Authorization: `Bearer \${T}`, 'X-B': `\${B}` },
      oauth: { scopes: ['r'] },
    },
  ],
  [
    'Gemini CLI',
    '.gemini/settings.json',
    '{"mcpServers": {"x": {"httpUrl": "https://x", "headers": {"A": "$A"}, "timeout": 15000}}}',
    { type: 'http', url: 'https://x', headers: { A: `\${A}` }, timeout_ms: 15_000 },
  ],
  [
    'Gemini CLI, where a dollar sign stands before a variable',
    '.gemini/settings.json',
    `{"mcpServers": {"x": {"command": "npx", "args": ["a$$A", "b$\${A}", "c$$"]}}}`,
    { command: 'npx', args: [`a$$\${A}`, `b$$\${A}`, 'c$$$'] },
  ],
  [
    'Gemini CLI, SSE',
    '.gemini/settings.json',
    '{"mcpServers": {"x": {"url": "https://x/sse"}}}',
    { type: 'sse', url: 'https://x/sse' },
  ],
  [
    'Antigravity',
    '.gemini/config/mcp_config.json',
    '{"mcpServers": {"x": {"serverUrl": "https://x"}}}',
    { url: 'https://x' },
  ],
  [
    'Windsurf',
    '.codeium/windsurf/mcp_config.json',
    `{"mcpServers": {"x": {"serverUrl": "https://\${env:H}/mcp", "disabled": false}}}`,
    { url: `https://\${H}/mcp` },
  ],
  [
    'Devin',
    '.config/devin/mcp_config.json',
    '{"mcpServers": {"x": {"url": "https://x", "transport": "sse"}}}',
    { transport: 'sse', url: 'https://x' },
  ],
  [
    'Zed',
    '.config/zed/settings.json',
    '// Zed\n{"context_servers": {"x": {"source": "custom", "command": "npx", "args": ["a"], "env": {}}, "y": {"source": "extension", "settings": {}}}}',
    { command: 'npx', args: ['a'], env: {} },
  ],
  [
    'Zed, older',
    '.config/zed/settings.json',
    '{"context_servers": {"x": {"command": {"path": "npx", "args": ["a"], "env": {"B": "b"}}}}}',
    { command: 'npx', args: ['a'], env: { B: 'b' } },
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    '{"mcp": {"x": {"type": "local", "command": ["npx", "-y", "p"], "environment": {"A": "{env:A}"}, "enabled": true, "timeout": 900}}}',
    { type: 'stdio', command: 'npx', args: ['-y', 'p'], env: { A: `\${A}` }, timeout_ms: 900 },
  ],
  [
    'opencode, remote',
    '.config/opencode/opencode.jsonc',
    '{"mcp": {"servers": {"x": {"type": "remote", "url": "https://x", "oauth": {"clientId": "c", "scope": "a b"}}}}}',
    { url: 'https://x', oauth: { clientId: 'c', scopes: ['a', 'b'] } },
  ],
  [
    'goose',
    '.config/goose/config.yaml',
    `extensions:\n  x:\n    type: stdio\n    name: X\n    cmd: npx\n    args: [-y, "\${A}"]\n    envs:\n      B: b\n    timeout: 30\n    enabled: true\n`,
    { type: 'stdio', command: 'npx', args: ['-y', `$\${A}`], env: { B: 'b' }, timeout_ms: 30_000 },
  ],
  [
    'goose, HTTP',
    '.config/goose/config.yaml',
    'extensions:\n  x:\n    type: streamable_http\n    uri: https://x\n    headers:\n      A: a\n',
    { type: 'streamable-http', url: 'https://x', headers: { A: 'a' } },
  ],
  [
    'Cline',
    '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    '{"mcpServers": {"x": {"url": "https://x", "type": "streamableHttp", "timeout": 60, "autoApprove": []}}}',
    { type: 'streamable-http', url: 'https://x', timeout_ms: 60_000 },
  ],
  [
    'Cline, as its command line writes',
    '.cline/data/settings/cline_mcp_settings.json',
    '{"mcpServers": {"x": {"transport": {"type": "stdio", "command": "npx", "args": ["a"], "env": {"B": "b"}}, "disabled": false}}}',
    { type: 'stdio', command: 'npx', args: ['a'], env: { B: 'b' } },
  ],
  [
    'Kilo CLI',
    '.config/kilo/kilo.jsonc',
    '{"mcp": {"x": {"type": "local", "command": ["npx", "a"], "environment": {"A": "{env:A}"}, "enabled": true}}}',
    { type: 'stdio', command: 'npx', args: ['a'], env: { A: `\${A}` } },
  ],
  [
    'Roo Code',
    '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
    `{"mcpServers": {"x": {"command": "npx", "timeout": 5, "env": {"A": "\${env:A}"}}}}`,
    { command: 'npx', env: { A: `\${A}` }, timeout_ms: 5000 },
  ],
  [
    'Kilo Code',
    'work/.kilocode/mcp.json',
    '{"mcpServers": {"x": {"command": "npx", "cwd": "sub"}}}',
    { command: 'npx', cwd: 'WORK/sub' },
  ],
  [
    'Continue',
    '.continue/config.yaml',
    `mcpServers:\n  - name: x\n    command: npx\n    env:\n      K: \${{ secrets.K }}\n    connectionTimeout: 7\n`,
    { command: 'npx', env: { K: `\${K}` }, start_timeout_ms: 7 },
  ],
  [
    'Continue, HTTP',
    '.continue/config.yaml',
    `mcpServers:\n  - name: x\n    type: sse\n    url: https://x\n    requestOptions:\n      headers:\n        A: \${{ secrets.A }}\n`,
    { type: 'sse', url: 'https://x', headers: { A: `\${A}` } },
  ],
  [
    'Qwen Code',
    '.qwen/settings.json',
    '{"mcpServers": {"x": {"command": "npx", "cwd": "/w"}}}',
    { command: 'npx', cwd: '/w' },
  ],
  [
    'Amazon Q',
    '.aws/amazonq/mcp.json',
    `{"mcpServers": {"x": {"command": "npx", "env": {"A": "\${env:A}"}, "timeout": 60000}}}`,
    { command: 'npx', env: { A: `\${A}` }, timeout_ms: 60_000 },
  ],
  [
    'Kiro',
    '.kiro/settings/mcp.json',
    `{"mcpServers": {"x": {"url": "https://x", "headers": {"A": "\${A}"}}}}`,
    { url: 'https://x', headers: { A: `\${A}` } },
  ],
  ['Junie', '.junie/mcp/mcp.json', '{"mcpServers": {"x": {"command": "npx"}}}', { command: 'npx' }],
  [
    'Docker',
    '.cursor/mcp.json',
    '{"mcpServers": {"x": {"command": "docker", "args": ["run", "-i", "-e", "TOKEN_A", "-e", "B=1", "img"]}}}',
    { command: 'docker', args: ['run', '-i', '-e', 'TOKEN_A', '-e', 'B=1', 'img'], env: { TOKEN_A: `\${TOKEN_A:-}` } },
  ],
  [
    'a project of VS Code',
    'work/.vscode/mcp.json',
    `{"servers": {"x": {"command": "node", "args": ["\${workspaceFolder}/x.js"], "envFile": ".env"}}}`,
    { command: 'node', args: ['WORK/x.js'], cwd: 'WORK', envFile: 'WORK/.env' },
  ],
];

describe.each(ENTRIES)('%s', (_client, file, text, entry) => {
  it('is said exactly, and nothing of it is lost', async () => {
    home.write({ [file]: text });
    const plan = await home.plan();
    const wanted = JSON.parse(JSON.stringify(entry).replaceAll('WORK', home.place.cwd));
    expect(serversOf(plan)).toEqual({ x: wanted });
    expect(lostOf(plan)).toEqual([]);
  });

  it('twice adds nothing', async () => {
    home.write({ [file]: text });
    carryOut(await home.plan());
    const again = await home.plan();
    expect(again.changes).toEqual([]);
    expect(again.merged.servers.map(({ isNew }) => isNew)).toEqual([false]);
  });
});

function carryOut({ changes }: ImportPlan): void {
  for (const { path, after } of changes) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, after ?? '');
  }
}

describe('what cannot be carried over is named', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'a sandbox',
      '.config/Code/User/mcp.json',
      '{"servers": {"x": {"command": "a", "sandboxEnabled": true}}}',
      /"sandbox"/,
    ],
    [
      'a reference of VS Code',
      '.config/Code/User/mcp.json',
      `{"servers": {"x": {"command": "a", "args": ["\${command:pick}"]}}}`,
      /\$\{command:pick\}/,
    ],
    [
      'a file of opencode',
      '.config/opencode/opencode.json',
      '{"mcp": {"x": {"type": "local", "command": ["a", "{file:~/.k}"]}}}',
      /\{file:~\/\.k\}/,
    ],
    [
      'headers that a program makes',
      '.claude.json',
      '{"mcpServers": {"x": {"type": "http", "url": "https://x", "headersHelper": "./h.sh"}}}',
      /headersHelper/,
    ],
    [
      'what goose keeps for itself',
      '.config/goose/config.yaml',
      'extensions:\n  x:\n    type: stdio\n    cmd: a\n    env_keys: [KEY]\n',
      /the value of KEY/,
    ],
    ['trust', '.gemini/settings.json', '{"mcpServers": {"x": {"command": "a", "trust": true}}}', /"trust"/],
    [
      'signing in by Google',
      '.gemini/settings.json',
      '{"mcpServers": {"x": {"httpUrl": "https://x", "authProviderType": "google_credentials"}}}',
      /google_credentials/,
    ],
    [
      'questions of Codex',
      '.codex/config.toml',
      '[mcp_servers.x]\ncommand = "a"\ndefault_tools_approval_mode = "prompt"\n',
      /default_tools_approval_mode/,
    ],
    [
      'a resource of OAuth',
      '.codex/config.toml',
      '[mcp_servers.x]\nurl = "https://x"\noauth_resource = "https://y"\n',
      /oauth_resource/,
    ],
    [
      'a key that nobody knows',
      '.cursor/mcp.json',
      '{"mcpServers": {"x": {"command": "a", "colour": "red"}}}',
      /"colour"/,
    ],
  ])('%s', async (_name, file, text, what) => {
    home.write({ [file]: text });
    const plan = await home.plan();
    expect(lostOf(plan).join('\n')).toMatch(what);
    expect(renderImport(plan, {}).join(' ').replace(/\s+/g, ' ')).toMatch(what);
  });

  it.each<[string, string, string, RegExp]>([
    ['a part of goose', '.config/goose/config.yaml', 'extensions:\n  developer:\n    type: builtin\n', /part of goose/],
    [
      'an extension of Zed',
      '.config/zed/settings.json',
      '{"context_servers": {"x": {"source": "extension"}}}',
      /extension of Zed/,
    ],
    [
      'a socket',
      '.config/Code/User/mcp.json',
      '{"servers": {"x": {"type": "http", "url": "unix:///tmp/x.sock"}}}',
      /local socket/,
    ],
    [
      'two addresses',
      '.codeium/windsurf/mcp_config.json',
      '{"mcpServers": {"x": {"serverUrl": "https://x", "url": "https://y"}}}',
      /says the same/,
    ],
    ['no table', '.cursor/mcp.json', '{"mcpServers": {"x": "npx"}}', /no table/],
  ])('an entry stays where it is: %s', async (_name, file, text, why) => {
    home.write({ [file]: text });
    const plan = await home.plan();
    expect(plan.merged.servers).toEqual([]);
    expect(renderImport(plan, {}).join(' ')).toMatch(why);
  });

  it('the gateway itself is no server', async () => {
    home.write({
      '.cursor/mcp.json': '{"mcpServers": {"g": {"command": "npx", "args": ["-y", "agent-mcp-gateway"]}}}',
    });
    const plan = await home.plan();
    expect([plan.merged.servers, plan.changes.length]).toEqual([[], 1]);
  });

  it('files that cannot be read are named with the place', async () => {
    home.write({
      '.cursor/mcp.json': '{\n  "mcpServers": {,}\n}',
      '.codex/config.toml': 'a =',
      '.config/goose/config.yaml': 'a: [',
    });
    const { sources } = await home.plan();
    expect(sources.refused.map(({ message }) => message)).toEqual([
      expect.stringMatching(/mcp\.json:2:18 is not valid JSON/),
      expect.stringMatching(/config\.toml:1:\d is not valid TOML/),
      expect.stringMatching(/config\.yaml:\d:\d is not valid YAML/),
    ]);
  });
});

describe('servers of several clients', () => {
  it('equal ones are one, whatever they are called and however they are written', async () => {
    home.write({
      '.cursor/mcp.json': `{"mcpServers": {"memory": {"command": "npx", "args": ["-y", "m"], "env": {"A": "\${env:A}", "B": "b"}}}}`,
      '.codex/config.toml':
        '[mcp_servers.mem]\ncommand = "npx"\nargs = ["-y", "m"]\nenv_vars = []\n[mcp_servers.mem.env]\nB = "b"\nA = "x"\n',
      '.claude.json': `{"mcpServers": {"recall": {"type": "stdio", "command": "npx", "args": ["-y", "m"], "env": {"B": "b", "A": "\${A}"}}}}`,
    });
    const { merged } = await home.plan();
    expect(merged.servers.map(({ name, sources }) => [name, sources.length])).toEqual([
      ['recall', 2],
      ['mem', 1],
    ]);
  });

  it('others of the same name are called after their client, or as somebody says', async () => {
    home.write({
      '.cursor/mcp.json': '{"mcpServers": {"db": {"command": "a"}}}',
      '.codex/config.toml': '[mcp_servers.db]\ncommand = "b"\n',
      '.claude.json': '{"projects": {"/srv/shop": {"mcpServers": {"db": {"command": "c"}}}}}',
    });
    expect(Object.keys(serversOf(await home.plan()))).toEqual(['db', 'db-cursor', 'db-codex']);
    const names = new Map([['db codex', 'accounts']]);
    expect(Object.keys(serversOf(await home.plan({ names })))).toEqual(['db', 'db-cursor', 'accounts']);
  });

  it('one that is off in a client and on in another is on, and the client keeps it off', async () => {
    home.write({
      '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json':
        '{"mcpServers": {"m": {"command": "m", "disabled": true}, "n": {"command": "n", "disabled": true}}}',
      '.cursor/mcp.json': '{"mcpServers": {"m": {"command": "m"}}}',
    });
    const { merged, rules, changes } = await home.plan();
    expect(merged.servers.map(({ name, isOff }) => [name, isOff])).toEqual([
      ['m', false],
      ['n', true],
    ]);
    expect(rules).toEqual([{ agent: 'cline', kind: 'deny', server: 'm', tools: ['*'], because: 'off in Cline' }]);
    expect(String(changes.find(({ path }) => path.endsWith('.mcp.json'))?.after)).toMatch(
      /"n": \{\s+"command": "n",\s+"disabled": true/,
    );
  });
});

describe('rules', () => {
  const rulesOf = (plan: ImportPlan): unknown =>
    JSON.parse(String(plan.changes.find(({ path }) => path.endsWith('-rules.json'))?.after));

  it('come from the lists of each client', async () => {
    home.write({
      '.codex/config.toml':
        '[mcp_servers.a]\ncommand = "a"\nenabled_tools = ["read", "x[1]"]\ndisabled_tools = ["write"]\n',
      '.gemini/settings.json':
        '{"mcp": {"excluded": ["b"]}, "mcpServers": {"a": {"command": "a", "includeTools": ["read"]}, "b": {"command": "b"}}}',
      '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json':
        '{"mcpServers": {"a": {"command": "a", "alwaysAllow": ["read"], "disabledTools": ["drop"]}}}',
    });
    expect(rulesOf(await home.plan())).toEqual({
      agents: {
        default: { allow: { servers: ['*'] } },
        codex: { allow: { servers: ['*'], tools: { a: ['read', 'x[[]1]'] } }, deny: { tools: { a: ['write'] } } },
        'gemini-cli': { allow: { servers: ['*'], tools: { a: ['read'] } }, deny: { servers: ['b'] } },
        roo: { allow: { servers: ['*'], tools: { a: ['read'] } }, deny: { tools: { a: ['drop'] } } },
      },
    });
    expect(JSON.stringify(rulesOf(await home.plan({ countsApproved: false })))).not.toContain(
      '"roo":{"allow":{"servers":["*"],"tools"',
    );
  });

  it('come from the permissions of Claude Code and opencode', async () => {
    home.write({
      '.claude.json': '{"mcpServers": {"my server": {"command": "a"}, "b": {"command": "b"}}}',
      '.claude/settings.json':
        '{"permissions": {"allow": ["mcp__my_server__read", "Bash(ls)", "mcp__b"], "deny": ["mcp__my_server__write"], "ask": ["mcp__b__drop"]}}',
      '.config/opencode/opencode.json':
        '{"mcp": {"c": {"type": "local", "command": ["c"]}}, "tools": {"c_write*": false, "bash": false}}',
    });
    const plan = await home.plan();
    expect(rulesOf(plan)).toMatchObject({
      agents: {
        'claude-code': { allow: { tools: { 'my server': ['read'] } }, deny: { tools: { 'my server': ['write'] } } },
        opencode: { deny: { tools: { c: ['write*'] } } },
      },
    });
    expect(plan.sources.lost.map(({ what }) => what)).toEqual([expect.stringContaining('asks before drop')]);
  });

  it('join those that are there, which stay', async () => {
    home.write({
      '.config/agent-mcp-gateway/.mcp-gateway-rules.json':
        '{\n  // mine\n  "agents": {\n    "codex": { "allow": { "servers": ["a"] }, "deny": { "tools": { "a": ["x"] } } }\n  }\n}\n',
      '.codex/config.toml': '[mcp_servers.a]\ncommand = "a"\ndisabled_tools = ["write"]\n',
    });
    const plan = await home.plan();
    expect(String(plan.changes.find(({ path }) => path.endsWith('-rules.json'))?.after)).toBe(
      '{\n  // mine\n  "agents": {\n    "codex": { "allow": { "servers": ["a"] }, "deny": { "tools": { "a": ["x", "write"] } } }\n  }\n}\n',
    );
  });
});

describe('secrets', () => {
  it.each<[string, string, object, readonly string[]]>([
    [
      'env',
      '{"command": "a", "env": {"GITHUB_TOKEN": "TOKEN", "MODE": "fast"}}',
      { command: 'a', env: { GITHUB_TOKEN: `\${secret:GITHUB_TOKEN}`, MODE: 'fast' } },
      ['GITHUB_TOKEN'],
    ],
    [
      'a header',
      '{"url": "https://x", "headers": {"Authorization": "Bearer TOKEN", "X-Team": "a"}}',
      { url: 'https://x', headers: { Authorization: `Bearer \${secret:X_AUTHORIZATION}`, 'X-Team': 'a' } },
      ['X_AUTHORIZATION'],
    ],
    [
      'an argument behind a flag',
      '{"command": "a", "args": ["--api-key", "0a1b2c3d4e5f60718293", "--port", "80"]}',
      { command: 'a', args: ['--api-key', `\${secret:X_API_KEY}`, '--port', '80'] },
      ['X_API_KEY'],
    ],
    [
      'an argument with a flag',
      '{"command": "a", "args": ["--token=hunter2hunter2"]}',
      { command: 'a', args: [`--token=\${secret:X_TOKEN}`] },
      ['X_TOKEN'],
    ],
    [
      'a password in an address',
      '{"command": "a", "args": ["postgres://u:p4ssw0rd@h/db"]}',
      { command: 'a', args: [`postgres://u:\${secret:X_URL}@h/db`] },
      ['X_URL'],
    ],
    [
      'a query',
      '{"url": "https://x/mcp?api_key=0a1b2c3d4e5f60718293&v=1"}',
      { url: `https://x/mcp?api_key=\${secret:X_URL}&v=1` },
      ['X_URL'],
    ],
  ])('are found in %s, and moved', async (_name, entry, wanted, names) => {
    home.write({
      '.cursor/mcp.json': `{"mcpServers": {"x": ${entry.replace('TOKEN"', `${TOKEN}"`).replace('"GITHUB_ghp_0123456789abcdefghijABCDEFGHIJ012345"', '"GITHUB_TOKEN"').replace('"TOKEN', `"${TOKEN}`)}}}`,
    });
    const plan = await home.plan();
    expect(serversOf(plan)).toEqual({ x: wanted });
    expect([...plan.merged.secrets.keys()]).toEqual(names);
    const shown = renderImport(plan, {}).join('\n');
    for (const value of plan.merged.secrets.values()) {
      expect(shown).not.toContain(value);
      for (const { after } of plan.changes) expect(String(after)).not.toContain(value);
    }
  });

  it('that are kept already keep their names, and equal ones are one', async () => {
    home.remove();
    home = makeTestHome(new Map([['MY_KEY', TOKEN]]));
    home.write({
      '.cursor/mcp.json': `{"mcpServers": {"x": {"command": "a", "env": {"A_TOKEN": "${TOKEN}"}}, "y": {"command": "b", "env": {"B_TOKEN": "${TOKEN}"}}}}`,
    });
    const plan = await home.plan();
    expect(serversOf(plan)).toEqual({
      x: { command: 'a', env: { A_TOKEN: `\${secret:MY_KEY}` } },
      y: { command: 'b', env: { B_TOKEN: `\${secret:MY_KEY}` } },
    });
    expect(plan.merged.secrets.size).toBe(0);
    carryOut(plan);
    expect((await home.plan()).changes).toEqual([]);
  });

  it('stay where they are when somebody says so, and are not shown', async () => {
    home.write({ '.cursor/mcp.json': `{"mcpServers": {"x": {"command": "a", "args": ["--token", "${TOKEN}"]}}}` });
    const plan = await home.plan({ keepsSecrets: true });
    expect(serversOf(plan)).toEqual({ x: { command: 'a', args: ['--token', TOKEN] } });
    expect(renderImport(plan, {}).join('\n')).not.toContain(TOKEN);
  });

  it('inputs of VS Code are asked for, kept, or taken from the environment', async () => {
    home.write({
      '.config/Code/User/mcp.json': `{"inputs": [{"id": "gh-key", "type": "promptString", "password": true}, {"id": "org", "type": "promptString", "default": "me"}], "servers": {"x": {"type": "http", "url": "https://x/\${input:org}", "headers": {"A": "\${input:gh-key}"}}}}`,
    });
    const plan = await home.plan();
    expect(serversOf(plan)).toEqual({
      x: { type: 'http', url: `https://x/\${ORG:-me}`, headers: { A: `\${GH_KEY}` } },
    });
    expect(plan.inputs.map(({ name }) => name)).toEqual(['ORG', 'GH_KEY']);
    const answered = await home.plan({ answers: new Map([['GH_KEY', 'abc']]) });
    expect(serversOf(answered)).toMatchObject({ x: { headers: { A: `\${secret:GH_KEY}` } } });
    expect([...answered.secrets]).toEqual([['GH_KEY', 'abc']]);
    const [sealed] = await sealSecrets(answered, home.context.store);
    expect(sealed?.path).toBe(join(home.dir, 'secrets', 'GH_KEY'));
  });

  it.each<[string, object]>([
    ['in a default', { command: 'a', args: ['--key', `\${KEY:-${TOKEN}}`] }],
    ['in a default of a default', { command: 'a', args: ['--key', `\${A:-\${B:-${TOKEN}}}`] }],
    ['in a default of an address', { type: 'http', url: `https://x/\${KEY:-${TOKEN}}/mcp` }],
    ['in a command that is a line', { command: `npx foo --api-key ${TOKEN}` }],
    ['in an address in a command', { command: `npx foo https://u:${TOKEN}@x/` }],
  ])('%s are not shown', async (_name, entry) => {
    home.write({ '.claude.json': JSON.stringify({ mcpServers: { x: entry } }) });
    const plan = await home.plan();
    expect(plan.changes.length).toBeGreaterThan(0);
    expect(renderImport(plan, {}).join('\n')).not.toContain(TOKEN.slice(0, 8));
    for (const { entry: made } of plan.merged.servers) expect(summary(made)).not.toContain(TOKEN);
  });

  it.each([
    ['a$b', `\${K:-a$$b}`],
    [`\${HOME}`, `\${K}`],
    ['a}b', `\${K}`],
    ['$$', `\${K:-$$$$}`],
  ])('a default %j of an input stands for itself, or is not carried over', async (text, made) => {
    const inputs = [{ id: 'k', type: 'promptString', default: text }];
    const servers = { x: { command: 'a', env: { V: `\${input:k}` } } };
    home.write({ '.config/Code/User/mcp.json': JSON.stringify({ inputs, servers }) });
    expect(serversOf(await home.plan())).toEqual({ x: { command: 'a', env: { V: made } } });
  });
});

describe('in the home folder', () => {
  it.each(['.cursor/mcp.json', '.gemini/settings.json', '.qwen/settings.json', '.roo/mcp.json'])(
    '%s is read once',
    async (name) => {
      home.write({ [name]: '{"mcpServers": {"x": {"command": "a"}}}' });
      const place = { ...home.place, cwd: home.dir };
      const { entries } = readSources(CLIENTS, place);
      expect(entries.length).toBe(1);
    },
  );
});
