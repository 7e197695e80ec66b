/** Every command of the program, and its exit status. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, serveStdio } from './support/gateway.ts';
import { auditRecords, fileText, type Home, makeHome, servers } from './support/home.ts';
import { fixture, root } from './support/paths.ts';
import { assertGone, runCli } from './support/process.ts';
import { executeError, executeText } from './support/tools.ts';

const RULES = {
  agents: {
    default: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['fail', 'r*'] } } },
    backend: { allow: { servers: ['*'] } },
  },
};

let home: Home;
beforeAll(() => {
  home = makeHome({
    servers: servers({ calc: { ...fixture('calc'), description: 'Adds.' }, other: fixture('calc') }),
    rules: RULES,
  });
});
afterAll(async () => {
  await assertGone(home.dir);
  home.remove();
});

const run = (
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  runCli(args, {
    env: { ...home.env, ...options.env },
    cwd: options.cwd ?? home.cwd,
    ...(options.input === undefined ? {} : { input: options.input }),
  });

const COMMANDS = [
  [],
  ['serve'],
  ['init'],
  ['validate'],
  ['policy'],
  ['policy', 'explain'],
  ['policy', 'test'],
  ['tools'],
  ['tools', 'list'],
  ['tools', 'call'],
  ['trust'],
  ['demo'],
  ['audit'],
  ['audit', 'verify'],
];

describe('help and version', () => {
  it.each(COMMANDS.map((command) => [command.join(' '), command] as const))('%s --help', async (_name, command) => {
    const { code, stdout, stderr } = await run([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: agent-mcp-gateway');
    expect(stderr).toBe('');
    // A command that is only a group shows its commands; every other one an example.
    const group = ['', 'policy', 'tools', 'audit'].includes(command.join(' '));
    if (group) expect(stdout).toContain('Commands:');
    else expect(stdout).toMatch(/^Examples?:\n.*agent-mcp-gateway/m);
  });

  it('--version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown flag', ['validate', '--frobnicate']],
    ['a missing argument', ['policy', 'explain', 'default']],
    ['a transport that is none', ['serve', '--transport', 'pigeon']],
    ['a port that is none', ['serve', '--transport', 'http', '--port', '70000']],
    ['an init strategy that is none', ['serve', '--init-strategy', 'never']],
  ])('%s: exit 2, nothing on stdout', async (_what, args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('policy explain', () => {
  it.each([
    [['default', 'calc', 'add'], 0, 'implicit_grant'],
    [['default', 'calc'], 0, 'agents.default.allow.servers[0]'],
    [['default', 'calc', 'fail'], 3, 'agents.default.deny.tools.calc[0]'],
    [['default', 'calc', 'reject'], 3, 'agents.default.deny.tools.calc[1]'],
    [['default', 'other', 'add'], 3, 'default_deny'],
    [['unknown', 'calc', 'add'], 3, 'unknown_agent'],
  ])('%j: exit %i', async (args, code, rule) => {
    const text = await run(['policy', 'explain', ...args]);
    expect(text.code).toBe(code);
    expect(text.stdout).toContain(rule);
    const json = await run(['policy', 'explain', ...args, '--json']);
    expect(json.code).toBe(code);
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain(rule);
  });
});

describe('policy test', () => {
  const vectors = path.join(root, 'test/vectors/policy.json');

  it('agrees with every decision of the vectors', async () => {
    const { code, stdout } = await run(['policy', 'test', vectors]);
    expect(stdout).toContain('4406');
    expect(code).toBe(0);
  });

  it('prints each mismatch, exit 1', async () => {
    const file = path.join(home.dir, 'expectations.json');
    const checks = [
      ['default', 'calc', 'add', true],
      ['default', 'calc', 'fail', true],
      ['default', 'other', null, true],
    ];
    writeFileSync(file, JSON.stringify([{ rules: RULES, checks }]));
    const { code, stdout, stderr } = await run(['policy', 'test', file]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('fail');
    expect(stdout + stderr).toContain('other');
    const json = await run(['policy', 'test', file, '--json']);
    expect(json.code).toBe(1);
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain('agents.default.deny.tools.calc[0]');
  });

  it.each([
    ['a file that is not there', undefined],
    ['no JSON', 'x'],
    ['another shape', '{"a": 1}'],
  ])('%s: exit 1', async (_what, content) => {
    const file = path.join(home.dir, 'bad-expectations.json');
    if (content !== undefined) writeFileSync(file, content);
    const { code, stderr } = await run(['policy', 'test', content === undefined ? '/nonexistent.json' : file]);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('validate', () => {
  it('good files: exit 0', async () => {
    expect((await run(['validate'])).code).toBe(0);
    const json = await run(['validate', '--json']);
    expect(json.code).toBe(0);
    JSON.parse(json.stdout);
  });

  it('every error and warning with file, line, column and fix: exit 1', async () => {
    const bad = makeHome({
      servers:
        '{\n  "mcpServers": {\n    "both": { "command": "x", "url": "http://h/" },\n    "ok": { "command": "x", "colour": 1 }\n  }\n}\n',
      rules: '{\n  "agents": {\n    "a": { "denny": {} },\n    "b": { "allow": { "servers": ["gone"] } }\n  }\n}\n',
    });
    const { code, stdout, stderr } = await runCli(['validate'], { env: bad.env, cwd: bad.cwd });
    const printed = stdout + stderr;
    expect(code).toBe(1);
    expect(printed).toMatch(/\.mcp\.json:3:\d+/);
    expect(printed).toMatch(/\.mcp\.json:4:\d+/);
    expect(printed).toMatch(/rules\.json:3:\d+/);
    for (const name of ['both', 'colour', 'denny']) expect(printed).toContain(name);
    bad.remove();
  });

  it.each([
    ['D1', { agents: {}, defaults: { deny_on_missing_agent: false } }],
    ['D2', { agents: { a: { allow: { servers: ['*'] }, deny: { tools: { '*': ['x'] } } } } }],
    ['D3', { agents: { a: { allow: { servers: ['*'], tools: { calc: [] } } } } }],
    ['D5', { agents: { a: { allow: { servers: ['*'] }, deny: { tools: { calc: ['fail_?'] } } } } }],
  ])('warns about rules that relied on the old behaviour of %s', async (_divergence, rules) => {
    const old = makeHome({ servers: servers({ calc: fixture('calc') }), rules });
    const { code, stdout, stderr } = await runCli(['validate'], { env: old.env, cwd: old.cwd });
    expect(code).toBe(0);
    expect(stdout + stderr).toMatch(/rules\.json:\d+:\d+/);
    old.remove();
  });
});

describe('init', () => {
  it.each([[[]], [['--single-agent']], [['--multi-agent']]])(
    '%j writes files that validate and start',
    async (flags) => {
      const fresh = makeHome();
      const target = { env: fresh.env, cwd: fresh.cwd };
      const first = await runCli(['init', ...flags], target);
      expect(first.code).toBe(0);
      expect(existsSync(fresh.servers)).toBe(true);
      expect(existsSync(fresh.rules)).toBe(true);
      expect((await runCli(['validate'], target)).code).toBe(0);
      const before = readFileSync(fresh.rules, 'utf8');
      writeFileSync(fresh.servers, '{"mcpServers": {}}');

      const refused = await runCli(['init', ...flags], target);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('--force');
      expect(readFileSync(fresh.servers, 'utf8')).toBe('{"mcpServers": {}}');

      expect((await runCli(['init', ...flags, '--force'], target)).code).toBe(0);
      expect(readFileSync(fresh.servers, 'utf8')).not.toBe('{"mcpServers": {}}');
      expect(readFileSync(fresh.rules, 'utf8')).toBe(before);
      fresh.remove();
    },
  );

  it('--dir, and --init as a flag', async () => {
    const fresh = makeHome();
    const target = { env: fresh.env, cwd: fresh.cwd };
    expect((await runCli(['init', '--dir', 'here'], target)).code).toBe(0);
    expect(readdirSync(path.join(fresh.cwd, 'here')).sort()).toEqual(['.mcp-gateway-rules.json', '.mcp.json']);
    expect((await runCli(['--init'], target)).code).toBe(0);
    expect(existsSync(fresh.servers)).toBe(true);
    fresh.remove();
  });
});

describe('tools', () => {
  it('list shows what an agent may use', async () => {
    const { code, stdout } = await run(['tools', 'list', '--json']);
    expect(code).toBe(0);
    expect(stdout).toContain('"add"');
    expect(stdout).not.toContain('"fail"');
    expect(stdout).not.toContain('"other"');
    const other = await run(['tools', 'list', '--agent', 'backend', 'other']);
    expect(other.code).toBe(0);
    expect(other.stdout).toContain('fail');
    expect((await run(['tools', 'list', 'other'])).code).toBe(3);
  });

  it('call goes through the same pipeline', async () => {
    const { code, stdout } = await run(['tools', 'call', 'calc', 'add', '--args', '{"a": 40, "b": 2}']);
    expect(code).toBe(0);
    expect(stdout).toContain('42');
    const json = await run(['tools', 'call', 'calc', 'add', '--args', '{"a": 40, "b": 2}', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ content: [{ type: 'text', text: '42' }] });
    const record = auditRecords(home).find(({ operation, tool }) => operation === 'execute_tool' && tool === 'add');
    expect(record).toMatchObject({ agent_id: 'default', decision: 'ALLOW' });
  });

  it.each([
    ['a denied tool', ['calc', 'fail'], true, 'may not use'],
    ['a denied server', ['other', 'add'], true, 'may not use'],
    ['an unknown agent', ['calc', 'add', '--agent', 'nobody'], false, 'nobody'],
    ['a tool that is not there', ['calc', 'nothing'], false, 'nothing'],
    ['a server that is not there', ['nowhere', 'add', '--agent', 'backend'], false, 'nowhere'],
    ['args that are no JSON', ['calc', 'add', '--args', '{a}'], false, 'args'],
  ])('%s', async (_what, args, denied, word) => {
    const result = await run(['tools', 'call', ...args]);
    if (denied) expect(result.code).toBe(3);
    else expect([1, 2, 3, 4]).toContain(result.code);
    expect(result.stderr).toContain(word);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it('a result with isError: exit 1', async () => {
    const result = await run(['tools', 'call', 'calc', 'fail', '--agent', 'backend']);
    expect(result.code).toBe(1);
    expect(result.stdout + result.stderr).toContain('it failed');
  });
});

describe('trust', () => {
  it('records, lists and revokes', async () => {
    const fresh = makeHome({ rules: RULES });
    const file = path.join(fresh.cwd, '.mcp.json');
    writeFileSync(file, fileText(servers({ cloned: fixture('calc') })));
    const at = { env: fresh.env, cwd: fresh.cwd };
    expect((await runCli(['validate'], at)).code).toBe(1);
    const trusted = await runCli(['trust'], at);
    expect(trusted.code).toBe(0);
    // What it would run is shown to whoever trusts it.
    expect(trusted.stdout + trusted.stderr).toContain(process.execPath);
    expect((await runCli(['trust', '--list'], at)).stdout).toContain(file);
    expect((await runCli(['validate'], at)).code).toBe(0);
    expect((await runCli(['trust', '--revoke'], at)).code).toBe(0);
    expect((await runCli(['trust', '--list'], at)).stdout).not.toContain(file);
    expect((await runCli(['validate'], at)).code).toBe(1);
    fresh.remove();
  });

  it('with nothing to trust', async () => {
    const fresh = makeHome();
    const { stderr } = await runCli(['trust'], { env: fresh.env, cwd: fresh.cwd });
    expect(stderr).not.toMatch(/^\s+at /m);
    fresh.remove();
  });
});

describe('finding the files', () => {
  it('flags beat the environment, which beats the other candidates', async () => {
    const place = (name: string): string => {
      const file = path.join(home.dir, `${name}.json`);
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
    writeFileSync(path.join(home.dir, 'tilde.json'), fileText({ agents: { tilde: { allow: { servers: ['calc'] } } } }));
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

it('demo runs offline, from end to end', async () => {
  const fresh = makeHome();
  const { code, stdout, stderr } = await runCli(['demo'], { env: fresh.env, cwd: fresh.cwd, ms: 55_000 });
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(0);
  expect(stdout + stderr).toMatch(/DENIED_BY_POLICY|denied/i);
  await assertGone(fresh.dir);
  fresh.remove();
});
