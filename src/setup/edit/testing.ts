/** Configuration files as people have them: snippets after the formats of the clients, in every layout that editors write. */
import type { Container } from './data.ts';
import type { Format } from './editor.ts';

interface Sample {
  readonly name: string;
  readonly format: Format;
  readonly container: Container;
  readonly bytes: Buffer;
}

interface Snippet {
  readonly name: string;
  readonly format: Format;
  readonly path: readonly string[];
  readonly nameKey?: string;
  /** Two spaces of indentation, LF, a line feed at the end. */
  readonly text: string;
}

const JSON_SNIPPETS: readonly Omit<Snippet, 'format'>[] = [
  {
    name: 'one server',
    path: ['mcpServers'],
    text: '{\n  "mcpServers": {\n    "memory": {\n      "command": "npx",\n      "args": ["-y", "server-memory"]\n    }\n  }\n}\n',
  },
  { name: 'empty map', path: ['mcpServers'], text: '{\n  "mcpServers": {}\n}\n' },
  {
    name: 'history around it',
    path: ['mcpServers'],
    text: '{\n  "numStartups": 12,\n  "projects": {\n    "/home/me/x": {\n      "history": ["a, b", "{ \\"mcpServers\\": {} }"],\n      "mcpServers": {}\n    }\n  },\n  "mcpServers": {\n    "a": { "command": "a" }\n  },\n  "userID": "ab"\n}\n',
  },
  {
    name: 'comments everywhere',
    path: ['mcpServers'],
    text: '// top\n{\n  /* before */\n  "mcpServers": { // on the line\n    // about a\n    "a": { "command": "a" } /* behind a */ // and more\n    // below the last\n  } // end\n}\n// bottom\n',
  },
  {
    name: 'trailing commas',
    path: ['mcpServers'],
    text: '{\n  "mcpServers": {\n    "a": { "command": "a", },\n    "b": {\n      "command": "b",\n      "args": [\n        "x",\n      ],\n    }, // b\n  },\n}\n',
  },
  { name: 'only a comment inside', path: ['mcpServers'], text: '{\n  "mcpServers": {\n    // nothing yet\n  }\n}\n' },
  {
    name: 'VS Code with inputs',
    path: ['servers'],
    text: '{\n  "inputs": [\n    { "type": "promptString", "id": "key", "password": true }\n  ],\n  "servers": {\n    "gh": {\n      "type": "http",\n      "url": "https://api.example.com/mcp"\n    }\n  }\n}\n',
  },
  {
    name: 'Zed settings',
    path: ['context_servers'],
    text: '// Zed settings\n{\n  "theme": "One Dark",\n  "context_servers": {\n    "a": {\n      "source": "custom",\n      "command": "a",\n      "args": [],\n      "env": {}\n    }\n  },\n  "buffer_font_size": 15.0\n}\n',
  },
  {
    name: 'opencode',
    path: ['mcp'],
    text: '{\n  "$schema": "https://opencode.ai/config.json",\n  "mcp": {\n    "a": { "type": "local", "command": ["npx", "a"], "enabled": true }\n  }\n}\n',
  },
  {
    name: 'opencode, deeper',
    path: ['mcp', 'servers'],
    text: '{\n  "mcp": {\n    "servers": {\n      "a": { "type": "local", "command": ["npx", "a"] }\n    }\n  }\n}\n',
  },
  {
    name: 'comma first',
    path: ['mcpServers'],
    text: '{\n  "a": 1\n  , "mcpServers": {\n      "x": { "command": "x" }\n    , "y": { "command": "y" }\n  }\n}\n',
  },
  {
    name: 'brace on its own line',
    path: ['mcpServers'],
    text: '{\n  "mcpServers":\n  {\n    "x":\n    {\n      "command": "x"\n    }\n  }\n}\n',
  },
  {
    name: 'flat map in a tall file',
    path: ['mcpServers'],
    text: '{\n  "theme": "dark",\n  "mcpServers": { "x": { "command": "x" }, "y": { "url": "https://y" } }\n}\n',
  },
  {
    name: 'strange names',
    path: ['mcpServers'],
    text: '{\n  "mcpServers": {\n    "__proto__": { "command": "p" },\n    "con\\u0073tructor": { "command": "c" },\n    "a b/c": { "command": "\\"q\\"" },\n    "日本": { "command": "\\ud83d\\ude00" }\n  }\n}\n',
  },
  {
    name: 'duplicates elsewhere',
    path: ['mcpServers'],
    text: '{\n  "theme": 1,\n  "theme": 2,\n  "mcpServers": {\n    "x": { "command": "x", "command": "y" }\n  }\n}\n',
  },
  {
    name: 'blank lines',
    path: ['mcpServers'],
    text: '\n\n{\n\n  "mcpServers": {\n\n    "x": { "command": "x" }\n\n\n  }\n\n}\n\n',
  },
];

const TOML_SNIPPETS: readonly Omit<Snippet, 'format' | 'path'>[] = [
  {
    name: 'one server',
    text: 'model = "o3"\n\n[mcp_servers.memory]\ncommand = "npx"\nargs = ["-y", "server-memory"]\n',
  },
  {
    name: 'with env below',
    text: '# my settings\n[mcp_servers.a]\ncommand = "a" # run\n\n[mcp_servers.a.env]\nKEY = "v"\n\n# projects\n[projects."/home/me/x"]\ntrust_level = "trusted"\n',
  },
  {
    name: 'dotted keys',
    text: 'mcp_servers.a.command = "a"\nmcp_servers.a.args = [\n  "x", # first\n  "y",\n]\n\n[tui]\nnotifications = true\n',
  },
  {
    name: 'inline entry',
    text: '[mcp_servers]\na = { command = "a", args = ["]", "#"] }\nb = { url = "https://b" }\n',
  },
  {
    name: 'quoted keys',
    text: '[mcp_servers."a.b"]\ncommand = \'C:\\x\'\n\n[ mcp_servers . "c d" ]\nurl = "https://c"\n',
  },
  {
    name: 'long texts',
    text: 'notes = """\n[mcp_servers.fake]\n# no comment\n"quoted" \\\n  end"""\nother = \'\'\'\n[x]\n\'\'\'\n\n[mcp_servers.a]\ncommand = "a"\n',
  },
  {
    name: 'lists of tables',
    text: '[[profiles]]\nname = "x"\n\n[[profiles]]\nname = "y"\n\n[mcp_servers.a]\ncommand = "a"\n',
  },
  { name: 'none yet', text: 'model = "o3"\n# end\n' },
];

const YAML_SNIPPETS: readonly Omit<Snippet, 'format'>[] = [
  {
    name: 'one extension',
    path: ['extensions'],
    text: 'GOOSE_PROVIDER: "x" # provider\nextensions:\n  memory:\n    type: stdio\n    cmd: npx\n    args: ["-y", "m"]\n    enabled: true\n',
  },
  {
    name: 'keys behind',
    path: ['extensions'],
    text: '# goose\nextensions:\n  a:\n    type: stdio\n    cmd: a\n\n  # about b\n  b:\n    type: builtin\n    description: |\n      two\n      lines\nGOOSE_MODEL: m\n',
  },
  { name: 'flow map', path: ['extensions'], text: 'extensions: { a: { type: stdio, cmd: a } }\nGOOSE_MODEL: m\n' },
  {
    name: 'block of text at the end',
    path: ['extensions'],
    text: 'extensions:\n  a:\n    type: stdio\n    cmd: a\n    description: |\n      text\n',
  },
  {
    name: 'list',
    path: ['mcpServers'],
    nameKey: 'name',
    text: 'name: mine\nversion: 1.0.0\nmcpServers:\n  - name: a\n    command: npx\n    args:\n      - a\n  # b\n  - name: b\n    url: https://b\nmodels: []\n',
  },
  {
    name: 'list that is not indented',
    path: ['mcpServers'],
    nameKey: 'name',
    text: 'mcpServers:\n- name: a\n  command: npx\n- name: b\n  command: b\nx: 1\n',
  },
  { name: 'with a marker', path: ['extensions'], text: '---\nextensions:\n  a:\n    cmd: a\n' },
];

/** Names of layouts and what they make of a text. */
const LAYOUTS: readonly (readonly [string, (text: string, format: Format) => string | undefined])[] = [
  ['as written', (text) => text],
  ['CR LF', (text) => text.replaceAll('\n', '\r\n')],
  ['byte-order mark', (text) => `\ufeff${text}`],
  ['no last line feed', (text) => text.replace(/\n+$/, '')],
  ['four spaces', (text) => (/^ *- /m.test(text) ? undefined : text.replace(/^ +/gm, (indent) => indent + indent))],
  [
    'tabs',
    (text, format) =>
      format === 'yaml' ? undefined : text.replace(/^ +/gm, (indent) => '\t'.repeat(indent.length / 2)),
  ],
  ['CR LF, byte-order mark, no last line feed', (text) => `\ufeff${text.replace(/\n+$/, '').replaceAll('\n', '\r\n')}`],
];

/** Every snippet in every layout; each text once. */
export function samples(): Sample[] {
  const snippets: Snippet[] = [
    ...JSON_SNIPPETS.map((snippet) => ({ ...snippet, format: 'json' as const })),
    ...TOML_SNIPPETS.map((snippet) => ({ ...snippet, format: 'toml' as const, path: ['mcp_servers'] })),
    ...YAML_SNIPPETS.map((snippet) => ({ ...snippet, format: 'yaml' as const })),
  ];
  const found = new Map<string, Sample>();
  for (const { name, format, path, nameKey, text } of snippets) {
    for (const [layout, make] of LAYOUTS) {
      const made = make(text, format);
      if (made === undefined || found.has(made)) continue;
      found.set(made, {
        name: `${format}: ${name}, ${layout}`,
        format,
        container: { path, nameKey },
        bytes: Buffer.from(made),
      });
    }
  }
  return [...found.values()];
}
