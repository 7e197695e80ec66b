/** Files of a working directory are used as their owner looked at them, with the scripts that they start, or nothing starts (D13). */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { type Home, linesOf, makeHome, sha256, TOKEN } from '../support/home.ts';
import { runCli, until } from '../support/process.ts';
import { callTool, dataOf, execute, textOf } from '../support/tools.ts';

const OPEN = { agents: { default: { allow: { servers: ['*'] } } } };
const NARROW = { agents: { default: { allow: { servers: ['other'] } } } };

/** A server of one tool, as a script of the project; it leaves a mark when it is run. */
const script = (mark: string, said: string): string => `
require('node:fs').appendFileSync(${JSON.stringify(mark)}, '${said}\\n');
let rest = '';
process.stdin.on('end', () => process.exit());
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const { id, method, params } = JSON.parse(line);
    const answer = (more) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...more }));
    if (method === 'initialize') answer({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } });
    else if (method === 'tools/list') answer({ result: { tools: [{ name: 'say', inputSchema: { type: 'object' } }, { name: 'end', inputSchema: { type: 'object' } }] } });
    else if (method === 'tools/call' && params.name === 'end') process.exit(1);
    else if (method === 'tools/call') answer({ result: { content: [{ type: 'text', text: '${said}' }] } });
    else if (id !== undefined) answer({ error: { code: -32601, message: 'no' } });
  }
});
`;

interface Project {
  readonly home: Home;
  readonly mark: string;
  file(name: string): string;
  cli(...args: string[]): ReturnType<typeof runCli>;
}

/** A project with both files, over rules and servers of its owner that allow everything. */
function project(): Project {
  const home = makeHome({ servers: { mcpServers: {} }, rules: OPEN });
  const mark = path.join(home.dir, 'ran');
  const file = (name: string): string => path.join(home.cwd, name);
  writeFileSync(file('server.cjs'), script(mark, 'good'));
  writeFileSync(
    file('.mcp.json'),
    JSON.stringify({ mcpServers: { p: { command: process.execPath, args: ['./server.cjs'] } } }),
  );
  writeFileSync(file('.mcp-gateway-rules.json'), JSON.stringify(OPEN));
  return { home, mark, file, cli: (...args) => runCli(args, { env: home.env, cwd: home.cwd }) };
}

it('the document of an API is trusted with the file that names it', async () => {
  const { home, cli, file } = project();
  const entry = { openapi: './api.json', url: 'http://127.0.0.1:9', headers: { 'X-Key': `\${secret:KEY}` } };
  writeFileSync(file('.mcp.json'), JSON.stringify({ mcpServers: { p: entry } }));
  writeFileSync(file('api.json'), JSON.stringify({ openapi: '3.1.0', paths: { '/a': { get: {} } } }));
  await runCli(['secret', 'set', 'KEY'], { env: home.env, cwd: home.cwd, input: 'k' });
  expect((await cli('trust')).stdout).toMatch(
    /calls the API that "\.\/api\.json" describes.*\n.*with .*api\.json {2}sha256 /,
  );
  expect((await cli('validate')).stdout).toContain('0 errors');
  writeFileSync(file('api.json'), JSON.stringify({ openapi: '3.1.0', paths: { '/b': { get: {} } } }));
  expect((await cli('validate')).stdout).toMatch(
    /"api\.json", which server "p" uses, changed since this file was trusted/,
  );
  home.remove();
});

it('trust names the scripts that it covers', async () => {
  const { home, cli, file } = project();
  expect((await cli('trust')).stdout).toContain(`with ${file('server.cjs')}  sha256 `);
  home.remove();
});

it.each<[string, string, (made: Project) => void]>([
  [
    'rules that changed',
    '.mcp-gateway-rules.json',
    ({ file }) => writeFileSync(file('.mcp-gateway-rules.json'), JSON.stringify({ agents: { default: {} } })),
  ],
  ['rules that were deleted', '.mcp-gateway-rules.json', ({ file }) => rmSync(file('.mcp-gateway-rules.json'))],
  ['servers that changed', '.mcp.json', ({ file }) => writeFileSync(file('.mcp.json'), '{ "mcpServers": {} }')],
  ['servers that moved', '.mcp.json', ({ file }) => renameSync(file('.mcp.json'), file('.mcp.json.orig'))],
  ['a script that changed', 'server.cjs', ({ file, mark }) => writeFileSync(file('server.cjs'), script(mark, 'evil'))],
  ['a script that was deleted', 'server.cjs', ({ file }) => rmSync(file('server.cjs'))],
])(
  '%s: nothing starts, over both transports, and what to do is said; trusted again, it does',
  async (_name, named, act) => {
    const made = project();
    const { home, cli, mark } = made;
    expect((await cli('trust')).code).toBe(0);
    const first = await serveStdio({ home });
    expect(textOf(await execute(first.rpc, { server: 'p', tool: 'say' }))).toBe('good');
    first.running.child.stdin?.end();
    await first.running.exited;
    rmSync(mark);

    act(made);
    for (const args of [
      ['serve'],
      ['serve', '--transport', 'http', '--port', '0'],
      ['serve', '--transport', 'http', '--port', '0', '--workers', '2'],
      ['validate'],
    ]) {
      const { code, stdout, stderr } = await cli(...args);
      expect(code, args.join(' ')).toBe(1);
      expect(stdout + stderr).toContain(named);
      expect(stdout + stderr).toContain('agent-mcp-gateway trust');
    }
    expect(existsSync(mark)).toBe(false);

    expect((await cli('trust', '--revoke')).code).toBe(0);
    if (named !== 'server.cjs') expect((await cli('validate')).code).toBe(0);
    expect((await cli('trust')).code).toBe(0);
    const again = await serveStdio({ home });
    await callTool(again.rpc, 'list_servers');
    await again.stop();
  },
);

it('a file that changes while the gateway runs is not applied, whatever else allows more', async () => {
  const { home, cli, file } = project();
  writeFileSync(file('.mcp-gateway-rules.json'), JSON.stringify(NARROW));
  await cli('trust');
  const gateway = await serveStdio({ home });
  const names = async () => (dataOf(await callTool(gateway.rpc, 'list_servers')) as unknown[]).length;
  expect(await names()).toBe(0);
  const refused = (): number => gateway.running.stderr().split('reload refused').length - 1;
  writeFileSync(file('.mcp-gateway-rules.json'), JSON.stringify(OPEN));
  await until(() => refused() === 1, 'the change is refused');
  expect(await names()).toBe(0);
  rmSync(file('.mcp-gateway-rules.json'));
  await until(() => refused() === 2, 'the deletion is refused');
  expect(await names()).toBe(0);
  await gateway.stop();
});

it.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('%s: a script that changes while the gateway runs is not started again until it is trusted', async (_name, args) => {
  const { home, cli, file, mark } = project();
  const principals = { tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] } };
  writeFileSync(file('.mcp-gateway-rules.json'), JSON.stringify({ ...OPEN, principals }));
  await cli('trust');
  const gateway = await serveHttp({ home, args });
  const rpc = await gateway.open();
  const say = async () => textOf(await execute(rpc, { server: 'p', tool: 'say' }));
  expect(await say()).toBe('good');
  writeFileSync(file('server.cjs'), script(mark, 'newer'));
  expect(await say()).toBe('good');
  await execute(rpc, { server: 'p', tool: 'end' });
  const refused = /SERVER_UNAVAILABLE.*server\.cjs.*changed since it was trusted.*agent-mcp-gateway trust/;
  await until(async () => refused.test(await say()), 'it is not started');
  expect(linesOf(mark)).toEqual(['good']);
  await cli('trust');
  await gateway.running.waitForStderr(/configuration reloaded/);
  await until(async () => (await say()) === 'newer', 'it is started once it is trusted');
  await gateway.stop();
});
