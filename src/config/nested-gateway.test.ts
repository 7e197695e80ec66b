import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startsGateway } from './nested-gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'gateway-nested-'));
const script = join(folder, 'main.js');
const link = join(folder, 'linked.js');
writeFileSync(script, '');
symlinkSync(script, link);
afterAll(() => rmSync(folder, { recursive: true }));

const run = (line: string): boolean => {
  const [command = '', ...args] = line.split(' ');
  return startsGateway(command, args, script);
};

test.each([
  'agent-mcp-gateway',
  'agent-mcp-gateway serve --debug',
  '/usr/local/bin/agent-mcp-gateway',
  'C:\\tools\\agent-mcp-gateway.cmd',
  'npx agent-mcp-gateway',
  'npx -y agent-mcp-gateway@latest serve',
  'npx -y --package=agent-mcp-gateway other-bin',
  'npx -p agent-mcp-gateway agent',
  'npm exec agent-mcp-gateway',
  'pnpm dlx agent-mcp-gateway',
  'yarn dlx agent-mcp-gateway',
  'bunx agent-mcp-gateway',
  'bun x agent-mcp-gateway',
  'uvx agent-mcp-gateway',
  'uvx --from git+https://example.com/x/agent-mcp-gateway.git agent-mcp-gateway',
  'uv tool run agent-mcp-gateway',
  'docker run -i --rm -v /tmp:/data ghcr.io/someone/agent-mcp-gateway:1.2',
  'podman run --rm agent-mcp-gateway',
  'cmd /c npx -y agent-mcp-gateway',
  'env A=1 npx agent-mcp-gateway',
  `node ${script}`,
  `node --enable-source-maps ${link} serve`,
  `${link} serve`,
])('%s starts the gateway', (line) => {
  expect(run(line)).toBe(true);
});

test.each([
  'npx -y @modelcontextprotocol/server-filesystem /home/me/agent-mcp-gateway',
  'npx -y @modelcontextprotocol/server-filesystem agent-mcp-gateway',
  'uvx mcp-server-git --repository /src/agent-mcp-gateway',
  'docker run -i --rm --name agent-mcp-gateway mcp/fetch',
  'docker run -i --rm -v /src/agent-mcp-gateway:/src mcp/git',
  'npx agent-mcp-gateway-client',
  'npx my-agent-mcp-gateway',
  'node /somewhere/else/main.js',
  'node main.js',
  'main.js',
])('%s does not', (line) => {
  expect(run(line)).toBe(false);
});
