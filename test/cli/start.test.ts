/** What a start finds, refuses and says: files, nesting, streams. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { RULES, useCliHome } from '../support/cli-home.ts';
import { launch, serveStdio } from '../support/gateway.ts';
import { fileText, makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { callTool, dataOf, executeError, executeText } from '../support/tools.ts';

const cli = useCliHome();
const { run } = cli;

describe('finding the files', () => {
  it('flags beat the environment, which beats the other candidates', async () => {
    const place = (name: string): string => {
      const file = path.join(cli.home.dir, `${name}.json`);
      writeFileSync(file, fileText({ agents: { [name]: { allow: { servers: ['*'] } } } }));
      return file;
    };
    const env = { GATEWAY_RULES: place('from-env') };
    const allowed = async (agent: string, args: string[], environment: Record<string, string>): Promise<boolean> =>
      (await run(['policy', 'explain', agent, 'calc', ...args], { env: environment })).code === 0;
    expect(await allowed('from-flag', ['--rules', place('from-flag')], env)).toBe(true);
    expect(await allowed('from-env', [], env)).toBe(true);
    expect(await allowed('backend', [], {})).toBe(true);
    expect(await allowed('backend', [], env)).toBe(false);
  });

  it('a leading ~ is the home directory', async () => {
    const env = { GATEWAY_RULES: '~/tilde.json' };
    writeFileSync(
      path.join(cli.home.dir, 'tilde.json'),
      fileText({ agents: { tilde: { allow: { servers: ['calc'] } } } }),
    );
    expect((await run(['policy', 'explain', 'tilde', 'calc'], { env })).code).toBe(0);
  });

  it('without XDG_CONFIG_HOME, ~/.config is used', async () => {
    const fresh = makeHome();
    const directory = path.join(fresh.dir, '.config/agent-mcp-gateway');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, '.mcp.json'), fileText(servers({ calc: fixture('calc') })));
    writeFileSync(path.join(directory, '.mcp-gateway-rules.json'), fileText(RULES));
    const { XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...env } = fresh.env;
    expect((await runCli(['validate'], { env, cwd: fresh.cwd })).code).toBe(0);
    const { code } = await runCli(['tools', 'call', 'calc', 'label'], { env, cwd: fresh.cwd });
    expect(code).toBe(0);
    expect(existsSync(path.join(fresh.dir, '.cache/agent-mcp-gateway/logs/audit.jsonl'))).toBe(true);
    fresh.remove();
  });

  it('comments, trailing commas, a byte-order mark and VS Code files are accepted', async () => {
    const fresh = makeHome({
      servers: `\ufeff// servers\n{ "servers": { "calc": { "type": "stdio", ${JSON.stringify(fixture('calc')).slice(1, -1)}, } }, }`,
      rules: `\ufeff/* rules */ ${fileText(RULES)}`,
    });
    const { code, stdout } = await runCli(['tools', 'call', 'calc', 'add', '--args', '{"a":1,"b":1}'], {
      env: fresh.env,
      cwd: fresh.cwd,
    });
    expect(stdout).toContain('2');
    expect(code).toBe(0);
    fresh.remove();
  });
});

describe('a gateway inside a gateway', () => {
  it('refuses to start', async () => {
    const gateway = await serveStdio({ home: makeHome({ servers: servers({ calc: fixture('calc') }), rules: RULES }) });
    const names = JSON.parse(await executeText(gateway.rpc, { server: 'calc', tool: 'environment' })) as string[];
    const marker = names.find((name) => /GATEWAY/.test(name));
    if (marker === undefined) throw new Error('Children have no marker.');
    await gateway.stop();
    const nested = await run([], { env: { [marker]: 'x' } });
    expect(nested.code).toBe(1);
    expect(nested.stderr).toContain('GATEWAY_ALLOW_NESTED');
    expect((await run([], { env: { [marker]: 'x', GATEWAY_ALLOW_NESTED: '1' } })).code).toBe(0);
  });

  it.each([
    ['npx', ['-y', 'agent-mcp-gateway']],
    ['agent-mcp-gateway', []],
    ['uvx', ['agent-mcp-gateway@latest']],
  ])('an entry that would start it (%s %j) is skipped with a warning', async (command, args) => {
    const files = {
      servers: servers({ calc: fixture('calc'), gateway: { command, args } }),
      rules: { agents: { default: { allow: { servers: ['*'] } } } },
    };
    const gateway = await serveStdio(files);
    expect(await executeText(gateway.rpc, { server: 'calc', tool: 'label' })).toBe('none');
    expect(await executeError(gateway.rpc, { server: 'gateway', tool: 'x' })).toBe('SERVER_UNAVAILABLE');
    expect(gateway.running.stderr()).toContain('gateway');
    await gateway.stop();
  });
});

it('stdout carries nothing but the protocol, stderr nothing secret', async () => {
  const secret = 'the-value-of-a-secret';
  const { home: own, running } = launch(['--debug'], {
    servers: servers({ calc: fixture('calc', { API_KEY: secret, LABEL: secret }) }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
  let stdout = '';
  running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  running.child.stdin?.write(
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}\n' +
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute_tool","arguments":{"server":"calc","tool":"fail"}}}\n',
  );
  running.child.stdin?.end();
  await running.stop(null);
  for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('jsonrpc', '2.0');
  expect(running.stderr()).not.toContain(secret);
  expect(readFileSync(own.audit, 'utf8')).not.toContain(secret);
  own.remove();
});

it.each([
  [['--transport', 'http', '--port', '0', '--server', 'my calc'], '/mcp/servers/my%20calc'],
  [['--port', '8001'], '--port needs --transport http'],
  [['--host', '127.0.0.1'], '--host needs --transport http'],
  [['--no-auth'], '--no-auth needs --transport http'],
])('a flag that means nothing with this transport is refused: serve %j', async (args, said) => {
  const { code, stderr } = await run(['serve', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});

it('a server that hangs while it starts is waited for ten seconds, not by every list', async () => {
  const fresh = makeHome({ rules: RULES });
  const gate = path.join(fresh.dir, 'gate');
  const gated = fixture('gated', { GATE_FILE: gate });
  writeFileSync(fresh.servers, fileText(servers({ calc: fixture('calc'), gated })));
  const gateway = await serveStdio({ home: fresh, args: ['--agent', 'backend'] }, '2025-11-25');
  const changed: unknown[] = [];
  gateway.rpc.listen(({ method }) => changed.push(method));
  const search = async (): Promise<unknown> => dataOf(await callTool(gateway.rpc, 'search_tools', { query: 'add' }));
  const left = {
    not_searched: { starting: ['gated'] },
    tools: [expect.objectContaining({ server: 'calc', tool: 'add' })],
  };
  expect(await search()).toEqual(left);
  const began = performance.now();
  for (const list of ['prompts', 'resources', 'resources/templates']) {
    const { message } = await gateway.rpc.call(`${list}/list`);
    expect(message.result?.['_meta']).toEqual({ 'agent-mcp-gateway/not_listed': { starting: ['gated'] } });
  }
  // Each of them would wait four or ten seconds; all together wait for ten, of which some are over.
  expect(performance.now() - began).toBeLessThan(15_000);
  writeFileSync(gate, '');
  await until(() => changed.includes('notifications/prompts/list_changed'), 'the client is told that it is up');
  await until(async () => !JSON.stringify(await search()).includes('not_searched'), 'it is searched');
  await gateway.stop();
});

it.each([
  ['serve', ['serve', '--transport', 'http', '--port', '0'], 'token'],
  ['init', ['init'], '.mcp.json'],
  ['connect', ['connect', 'claude-code', '--per-agent', '--dir', 'FILE'], '.claude/agents/default.md'],
])('what cannot be written is named, and it is no fault of the gateway: %s', async (_what, args, name) => {
  // Rights would not keep every user that runs this test from writing.
  const file = path.join(cli.home.dir, 'a-file');
  writeFileSync(file, '');
  const { code, stdout, stderr } = await run(
    args.map((arg) => (arg === 'FILE' ? file : arg)),
    { env: { XDG_CONFIG_HOME: file, GATEWAY_MCP_CONFIG: cli.home.servers, GATEWAY_RULES: cli.home.rules } },
  );
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^agent-mcp-gateway: Cannot write .*\(ENOTDIR\): move away the file .*\.$/m);
  expect(stderr).toContain(`${file}/`);
  expect(stderr).toContain(`${name} (`);
});

it.runIf(process.platform === 'linux')(
  'where no folder can be made, it says so and stops when it is told to',
  async () => {
    const gateway = await serveStdio({
      servers: servers({ calc: fixture('calc') }),
      rules: RULES,
      args: ['--audit-log', '/proc/nope/audit.jsonl'],
      env: { XDG_CACHE_HOME: '/proc/nope/cache' },
    });
    expect(await executeError(gateway.rpc, { server: 'calc', tool: 'label' })).toBe('AUDIT_UNAVAILABLE');
    await gateway.stop();
  },
);
