import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientNamed } from './client-named.ts';
import { type ClientConnection, type ConnectTerms, planConnections } from './connect-plan.ts';
import { makeTestHome, type TestHome } from './testing.ts';

let home: TestHome;
beforeEach(() => {
  home = makeTestHome();
});
afterEach(() => home.remove());

const TERMS: ConnectTerms = {
  scope: 'user',
  http: undefined,
  name: 'gateway',
  replaced: undefined,
  agents: new Set(),
  running: { execPath: '/usr/bin/node', script: '/opt/agent-mcp-gateway/dist/main.js' },
  mainScript: '/opt/agent-mcp-gateway/dist/main.js',
};

const connect = (...ids: string[]): ClientConnection[] => planConnections(ids.map(clientNamed), home.place, TERMS);
const texts = (connections: readonly ClientConnection[]): string[] =>
  connections.map(({ change }) => change?.after?.toString() ?? '');

it('every file that a client has gets the gateway, and one that is not there is made where it has none', () => {
  expect(connect('cline').map(({ path }) => path)).toEqual([expect.stringContaining('saoudrizwan.claude-dev')]);
  const extension = '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json';
  const program = '.cline/data/settings/cline_mcp_settings.json';
  home.write({ [extension]: '{}', [program]: '{"mcpServers": {}}' });
  const connections = connect('cline');
  expect(connections.map(({ path }) => path)).toEqual([extension, program].map((name) => join(home.dir, name)));
  for (const text of texts(connections)) expect(text).toContain('gateway');
});

it('the gateway is recognised as its clients write it again', () => {
  home.write({
    '.cline/data/settings/cline_mcp_settings.json': JSON.stringify({
      mcpServers: { mine: { transport: { type: 'stdio', command: '/usr/bin/node', args: [TERMS.mainScript] } } },
    }),
  });
  expect(connect('cline')[0]).toMatchObject({ name: 'mine' });
  expect(readFileSync(connect('cline')[0]?.path ?? '', 'utf8')).toContain('mine');
});
