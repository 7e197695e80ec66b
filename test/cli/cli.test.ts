/** Every command of the program, and its exit status. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { RULES, useCliHome } from '../support/cli-home.ts';
import { auditRecords, fileText, makeHome, servers } from '../support/home.ts';
import { fixture, fixturePath, main, root } from '../support/paths.ts';
import { runCli, start } from '../support/process.ts';

const cli = useCliHome();
const { run } = cli;

/** The others are in src/cli/help.test.ts. */
const COMMANDS = [[], ['serve'], ['policy'], ['policy', 'explain']];

describe('help and version', () => {
  it.each(COMMANDS.map((command) => [command.join(' '), command] as const))('%s --help', async (_name, command) => {
    const { code, stdout, stderr } = await run([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: agent-mcp-gateway');
    expect(stderr).toBe('');
    // A command that is only a group shows its commands; every other one an example.
    const group = ['', 'policy'].includes(command.join(' '));
    if (group) expect(stdout).toContain(command.length === 0 ? '\nRun:\n' : '\nCommands:\n');
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

  it.each([
    [['validat'], "unknown command 'validat'. Did you mean 'validate'?"],
    [['--debug', 'frobnicate'], "unknown command 'frobnicate'."],
    [['serve', 'validate'], "serve takes no argument 'validate'."],
    [['help', 'polcy'], "unknown command 'polcy'. Did you mean 'policy'?"],
    [['help', 'policy', 'tets'], "unknown command 'tets'. Did you mean 'test'?"],
  ])('%j: says what is wrong', async (args, told) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr.split('\n')[0]).toBe(`error: ${told}`);
  });
});

it.each([
  [['policy', 'explan'], 'Did you mean explain?'],
  [['servers', 'test', 'cals'], "Did you mean 'calc'?"],
  [['doctor', 'clac'], "Did you mean 'calc'?"],
  [['policy', 'explain', 'defualt', 'calc'], "Did you mean 'default'?"],
  [['policy', 'explain', 'default', 'cacl'], "Did you mean 'calc'?"],
])('%j: says what may have been meant', async (args, meant) => {
  expect((await run(args)).stderr).toContain(meant);
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
    const file = path.join(cli.home.dir, 'expectations.json');
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
    const file = path.join(cli.home.dir, 'bad-expectations.json');
    if (content !== undefined) writeFileSync(file, content);
    const { code, stderr } = await run(['policy', 'test', content === undefined ? '/nonexistent.json' : file]);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it('tools list starts servers at the same time', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meet-'));
  const meet = { command: process.execPath, args: [fixturePath('meet'), path.join(folder, 'all'), '3'] };
  const here = makeHome({
    servers: servers({ a: meet, b: meet, c: meet, gone: { command: '/nonexistent/server' } }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
  const { stdout, stderr } = await runCli(['tools', 'list'], { env: here.env, cwd: here.cwd });
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toHaveLength(4);
  expect(stderr).toContain('gone');
  expect(stderr).toMatch(/4 servers: 3 listed, 1 failed\.\n$/);
  here.remove();
  rmSync(folder, { recursive: true });
});

it('a server that ends when it is probed is started twice once, and not by every gateway', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'strict-'));
  const starts = path.join(folder, 'starts');
  const here = makeHome({
    servers: servers({ strict: { command: process.execPath, args: [fixturePath('strict'), starts] } }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
  const seen: number[] = [];
  for (let round = 0; round < 3; round++) {
    const { stdout } = await runCli(['tools', 'list'], { env: here.env, cwd: here.cwd });
    expect(stdout).toContain('hello');
    seen.push(readFileSync(starts, 'utf8').length);
  }
  expect(seen).toEqual([2, 3, 4]);
  here.remove();
  rmSync(folder, { recursive: true });
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

  it('a server that is merely off: exit 0, and 1 for who is strict', async () => {
    const off = makeHome({
      servers: servers({ calc: fixture('calc'), unset: { command: 'x', args: [`$\{NO_SUCH_VARIABLE_HERE}`] } }),
      rules: { agents: { a: { allow: { servers: ['*'] } } } },
    });
    const options = { env: off.env, cwd: off.cwd };
    const { code, stdout } = await runCli(['validate', '--json'], options);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, servers: ['calc'], servers_off: ['unset'] });
    const strict = await runCli(['validate', '--strict', '--json'], options);
    expect(strict.code).toBe(1);
    expect(JSON.parse(strict.stdout)).toMatchObject({ ok: false });
    off.remove();
  });

  it('names programs that cannot be started here, with the fix', async () => {
    const home = makeHome({
      servers: servers({
        gone: { command: 'no-such-program-here' },
        line: { command: 'npx -y something' },
        tilde: { command: '~/bin/server' },
        folder: { ...fixture('calc'), cwd: '/no/such/folder' },
      }),
      rules: { agents: { a: { allow: { servers: ['*'] } } } },
    });
    const { code, stdout } = await runCli(['validate'], { env: home.env, cwd: home.cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/"gone": "command" is not in PATH - Install/);
    expect(stdout).toMatch(/"line": "command" holds a whole command line.* into "args": \["-y","something"\]/);
    expect(stdout).toMatch(/"tilde": "command" begins with "~"/);
    expect(stdout).toMatch(/"folder": "cwd" does not exist/);
    home.remove();
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
    const { code, stdout, stderr } = await run(['tools', 'list', '--json']);
    expect(code).toBe(0);
    // No news of the log between the data.
    expect(stderr).not.toContain('"level":"info"');
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
    const record = auditRecords(cli.home).find(({ operation, tool }) => operation === 'execute_tool' && tool === 'add');
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

describe('servers test', () => {
  it('tries a server again that cannot be reached, and not an entry with a mistake', async () => {
    const broken = makeHome({
      servers: servers({ mistake: { command: '' }, away: { command: '/nowhere' } }),
      rules: RULES,
    });
    const tries = async (name: string): Promise<unknown> => {
      const args = ['servers', 'test', name, '--retries', '1', '--json'];
      return JSON.parse((await runCli(args, { env: broken.env, cwd: broken.cwd })).stdout).tries;
    };
    expect(await Promise.all([tries('mistake'), tries('away')])).toEqual([1, 2]);
    broken.remove();
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

it.runIf(process.platform === 'linux').each(['--version', 'validate --help', 'validate'])(
  'what cannot be printed is no success: %s',
  async (args) => {
    const shell = start('/bin/sh', ['-c', `"${process.execPath}" "${main}" ${args} > /dev/full`], {
      env: cli.home.env,
      cwd: cli.home.cwd,
    });
    expect((await shell.exited).code).toBe(1);
    expect(shell.stderr()).toContain('Cannot write to standard output (ENOSPC).');
  },
);
