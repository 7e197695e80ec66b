/**
 * Servers that others wrote, in pinned versions: how they are installed and started, and what is called. `{folder}` is an empty
 * folder, `{port}` a free port. A server without `call` needs an account, the internet or a browser for its tools:
 * it is listed and searched, no more.
 */

/** Packages of PyPI by environment: what does not fit together is apart. */
export const PYTHON = {
  official: ['mcp==1.30.0', 'mcp-proxy==0.13.0', 'mcp-server-sqlite==2025.4.25', 'mcp-server-calculator==0.2.1'],
  reference: ['mcp-server-time==2026.10.19', 'mcp-server-git==2026.10.19', 'mcp-server-fetch==2026.10.24'],
  official2: ['mcp==2.3.0'],
  fastmcp2: ['fastmcp==2.14.7'],
  fastmcp3: ['fastmcp==3.4.11'],
  fastmcp4: ['fastmcp==4.2.3'],
};

const echo = { tool: 'echo', args: { text: 'to and fro' }, says: 'to and fro' };
const fail = { tool: 'fail', args: {}, says: 'It failed' };
const noExpression = { tool: 'calculate', args: {} };

/** A program of an npm package. */
const npm = (name, version, more = {}) => ({ name, version, from: 'npm', transport: 'stdio', ...more });
/** A program of a Python environment. */
const python = (name, environment, command, more = {}) => ({
  name,
  from: 'PyPI',
  environment,
  transport: 'stdio',
  command,
  ...more,
});
const program = (name) => ['python', `{programs}/${name}.py`];

export const SERVERS = [
  npm('@modelcontextprotocol/server-everything', '2026.8.31', {
    call: { tool: 'echo', args: { message: 'to and fro' }, says: 'to and fro' },
    fails: { tool: 'echo', args: {} },
  }),
  npm('@modelcontextprotocol/server-everything', '2026.8.31', {
    args: ['streamableHttp'],
    env: { PORT: '{port}' },
    transport: 'http',
    call: { tool: 'get-sum', args: { a: 2, b: 3 }, says: '5' },
    fails: { tool: 'get-sum', args: { a: 'two' } },
  }),
  npm('@modelcontextprotocol/server-everything', '2026.8.31', {
    args: ['sse'],
    env: { PORT: '{port}' },
    transport: 'sse',
    path: '/sse',
    call: { tool: 'echo', args: { message: 'to and fro' }, says: 'to and fro' },
    fails: { tool: 'echo', args: {} },
  }),
  npm('@modelcontextprotocol/server-filesystem', '2026.8.31', {
    args: ['{folder}'],
    call: { tool: 'write_file', args: { path: '{folder}/a.txt', content: 'hi' }, says: 'a.txt' },
    fails: { tool: 'read_text_file', args: { path: '{folder}/absent.txt' }, says: 'no such file' },
  }),
  npm('@modelcontextprotocol/server-memory', '2026.8.31', {
    env: { MEMORY_FILE_PATH: '{folder}/memory.jsonl' },
    call: { tool: 'read_graph', args: {}, says: 'entities' },
    fails: { tool: 'create_entities', args: { entities: 'none' } },
  }),
  npm('@modelcontextprotocol/server-sequential-thinking', '2026.8.31', {
    call: {
      tool: 'sequentialthinking',
      args: { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      says: 'thoughtNumber',
    },
    fails: { tool: 'sequentialthinking', args: {} },
  }),
  npm('@upstash/context7-mcp', '4.1.1'),
  npm('@playwright/mcp', '0.0.83', { args: ['--headless'] }),
  npm('chrome-devtools-mcp', '1.11.0', { args: ['--headless'] }),
  npm('@notionhq/notion-mcp-server', '2.5.2', { env: { NOTION_TOKEN: 'ntn_none' } }),
  npm('firecrawl-mcp', '3.26.0', { env: { FIRECRAWL_API_KEY: 'fc-none' } }),
  npm('tavily-mcp', '0.2.22', { env: { TAVILY_API_KEY: 'tvly-none' } }),
  npm('@brave/brave-search-mcp-server', '2.1.4', { env: { BRAVE_API_KEY: 'none' } }),
  npm('mongodb-mcp-server', '3.0.4', { env: { MDB_MCP_TELEMETRY: 'disabled' } }),
  npm('figma-developer-mcp', '0.13.2', { args: ['--stdio', '--figma-api-key=none'] }),
  npm('mcp-mermaid', '0.4.1'),
  npm('@antv/mcp-server-chart', '0.9.10'),
  npm('@wonderwhy-er/desktop-commander', '0.2.52'),
  python('mcp-server-time', 'reference', ['mcp-server-time', '--local-timezone', 'UTC'], {
    call: {
      tool: 'convert_time',
      args: { source_timezone: 'UTC', time: '12:00', target_timezone: 'Asia/Tokyo' },
      says: '21:00',
    },
    fails: { tool: 'get_current_time', args: { timezone: 'Nowhere/None' } },
  }),
  python('mcp-server-git', 'reference', ['mcp-server-git'], {
    fails: { tool: 'git_status', args: { repo_path: '{folder}' } },
  }),
  python('mcp-server-fetch', 'reference', ['mcp-server-fetch']),
  python('mcp-server-sqlite', 'official', ['mcp-server-sqlite', '--db-path', '{folder}/db.sqlite'], {
    call: { tool: 'read_query', args: { query: 'SELECT 40 + 2 AS answer' }, says: '42' },
    fails: { tool: 'read_query', args: {} },
  }),
  python('mcp-server-calculator', 'official', ['mcp-server-calculator'], {
    call: { tool: 'calculate', args: { expression: '6 * 7' }, says: '42' },
    fails: noExpression,
  }),
  python('mcp', 'official', [...program('official'), 'streamable-http', '{port}'], {
    transport: 'http',
    call: echo,
    fails: fail,
  }),
  python('mcp', 'official', [...program('official'), 'streamable-http', '{port}', 'stateless'], {
    what: 'without sessions',
    transport: 'http',
    call: echo,
    fails: fail,
  }),
  python('mcp', 'official', [...program('official'), 'sse', '{port}'], {
    transport: 'sse',
    path: '/sse',
    call: echo,
    fails: fail,
  }),
  python('mcp', 'official2', [...program('official2'), 'streamable-http', '{port}'], {
    transport: 'http',
    call: echo,
    // Of what went wrong it says nothing.
    fails: { ...fail, says: 'Error executing tool fail' },
  }),
  python('fastmcp', 'fastmcp2', [...program('fast'), '{port}'], { transport: 'http', call: echo, fails: fail }),
  python('fastmcp', 'fastmcp3', [...program('fast'), '{port}'], { transport: 'http', call: echo, fails: fail }),
  python('fastmcp', 'fastmcp4', [...program('fast'), '{port}'], { transport: 'http', call: echo, fails: fail }),
  python('mcp-proxy', 'official', ['mcp-proxy', '--port', '{port}', '{bin}/mcp-server-calculator'], {
    transport: 'http',
    call: { tool: 'calculate', args: { expression: '6 * 7' }, says: '42' },
    fails: noExpression,
  }),
];
