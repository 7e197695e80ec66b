/** Entries that people paste from other clients work, or are off with the reason. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { fixturePath } from '../support/paths.ts';
import { callTool, errorOf, execute, executeText, textOf } from '../support/tools.ts';

const { execPath: node } = process;
const script = fixturePath('told');
const ref = (inner: string) => `$\{${inner}}`;
const seen: (string | undefined)[] = [];
const web = createServer((request, response) => {
  seen.push(request.headers.authorization);
  response.writeHead(500).end();
});

let gateway: StdioGateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const address = `http://me:pass%40word-1@127.0.0.1:${(web.address() as AddressInfo).port}/mcp`;
  const sh = (line: string) => ({ command: 'sh', args: ['-c', `${line}; exec ${node} ${script} "$x"`] });
  gateway = await serveStdio({
    args: ['--init-strategy', 'lazy'],
    env: { MY_TOKEN: 'value-of-the-token' },
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
    servers: servers({
      cursor: { command: node, args: [script, `--t=${ref('env:MY_TOKEN')}`], env: { T: ref('env:MY_TOKEN') } },
      vscode: { type: 'stdio', command: node, args: [script, ref('workspaceFolder'), ref('userHome')] },
      opencode: { type: 'local', command: [node, script, 'a'], environment: { T: ref('MY_TOKEN') }, enabled: true },
      copilot: { type: 'local', command: node, args: [script], tools: ['*'] },
      shell: { ...sh(`x="$${ref('T:-none')}"`), env: { T: 'of-the-entry' } },
      own: { command: node, args: [script, ref('T')], env: { T: 'of-the-entry' } },
      basic: { url: address },
      input: { command: node, args: [script, ref('input:token')] },
      secret: { command: node, args: [script], env: { T: ref('secret:NAME') } },
      off: { command: node, args: [script], enabled: false },
    }),
  });
});
afterAll(async () => {
  await gateway.stop();
  web.close();
});

const told = async (server: string): Promise<{ argv: string[]; env: Record<string, string> }> =>
  JSON.parse(await executeText(gateway.rpc, { server, tool: 'told' }));

it('variables have their values, wherever they stand', async () => {
  expect(await told('cursor')).toMatchObject({ argv: ['--t=value-of-the-token'], env: { T: 'value-of-the-token' } });
  expect((await told('vscode')).argv).toEqual([gateway.home.cwd, gateway.home.dir]);
  expect(await told('opencode')).toMatchObject({ argv: ['a'], env: { T: 'value-of-the-token' } });
  expect((await told('copilot')).argv).toEqual([]);
});

it("an entry's own variables come first, and a shell gets what is escaped", async () => {
  expect((await told('own')).argv).toEqual(['of-the-entry']);
  expect((await told('shell')).argv).toEqual(['of-the-entry']);
});

it('user and password of an address are sent as a header, and shown nowhere', async () => {
  const { message } = errorOf(await execute(gateway.rpc, { server: 'basic', tool: 'x' }));
  expect(seen[0]).toBe(`Basic ${Buffer.from('me:pass@word-1').toString('base64')}`);
  const list = textOf(await callTool(gateway.rpc, 'list_servers', { include_metadata: true }));
  for (const text of [message, list, gateway.running.stderr()]) expect(text).not.toMatch(/pass(@|%40)word/);
});

it.each([
  ['input', 'which stands for nothing here'],
  ['secret', 'needs the secret [A-Z_]+, which is not kept here'],
])('%s: what stands for nothing switches the server off, which agents only see as that', async (server, why) => {
  const { code, message } = errorOf(await execute(gateway.rpc, { server, tool: 'told' }));
  expect(code).toBe('SERVER_UNAVAILABLE');
  expect(message).not.toContain('${');
  expect(gateway.running.stderr()).toMatch(new RegExp(`Server .*"${server}.* is off: .*${why}`));
});

it('what is switched off is not there', async () => {
  expect(errorOf(await execute(gateway.rpc, { server: 'off', tool: 'told' })).code).toBe('SERVER_UNAVAILABLE');
  expect(textOf(await callTool(gateway.rpc, 'list_servers'))).not.toContain('"off"');
});
