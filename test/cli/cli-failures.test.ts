/** A command that fails says it in one way, to a person and to a program, and in words of the command line. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';

const RULES = {
  agents: { dev: { allow: { servers: ['calc', 'gone'] }, deny: { tools: { calc: ['fail'] } } } },
  defaults: { deny_on_missing_agent: true },
};

let home: Home;
let empty: Home;
beforeAll(() => {
  home = makeHome({ servers: servers({ calc: fixture('calc') }), rules: RULES });
  empty = makeHome();
});
afterAll(() => {
  home.remove();
  empty.remove();
});

const run = (at: Home, args: readonly string[]): ReturnType<typeof runCli> =>
  runCli(args, { env: at.env, cwd: at.cwd });

describe('with --json, a failure is {"error": {"code", "message"}} on stdout, and a sentence on stderr', () => {
  it.each([
    ['CONFIG_NOT_FOUND', ['validate']],
    ['CONFIG_NOT_FOUND', ['servers', 'list']],
    ['CONFIG_NOT_FOUND', ['tools', 'list']],
    ['CONFIG_NOT_FOUND', ['tools', 'call', 'calc', 'add']],
    ['NOT_RUNNING', ['servers', 'status']],
    ['NOT_RUNNING', ['stats']],
    ['USAGE', ['audit', 'verify']],
    ['CONFIG_NOT_FOUND', ['policy', 'explain', 'dev', 'calc']],
    ['CONFIG_NOT_FOUND', ['token', 'list']],
    ['CONFIG_NOT_FOUND', ['doctor']],
    ['USAGE', ['doctor', '--nonsense']],
    ['USAGE', ['policy', 'explain']],
  ])('%s: %j', async (code, args) => {
    const { stdout, stderr } = await run(empty, [...args, '--json']);
    const { error } = JSON.parse(stdout);
    expect(error).toEqual({ code, message: expect.stringMatching(/\w/) });
    expect(stderr).toContain(error.message.split('\n')[0]);
    expect((await run(empty, args)).stdout).toBe('');
  });

  it('also where an agent would see the failure as a result', async () => {
    const { code, stdout } = await run(home, ['tools', 'call', 'calc', 'fail', '--agent', 'dev', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DENIED_BY_POLICY' } });
  });
});

describe('what to do next is a command, not a tool of agents', () => {
  it.each([
    [['tools', 'list'], '--agent NAME'],
    [['tools', 'call', 'calc', 'add'], '--agent NAME'],
    [['tools', 'call', 'calc', 'ad', '--agent', 'dev'], 'Did you mean \'add\'? "agent-mcp-gateway tools list SERVER"'],
    [['tools', 'call', 'calc', 'fail', '--agent', 'dev'], '"agent-mcp-gateway tools list"'],
    [['tools', 'call', 'gone', 'add', '--agent', 'dev'], '"agent-mcp-gateway tools list"'],
    [['tools', 'list', 'gone', '--agent', 'dev'], '"agent-mcp-gateway tools list"'],
    [['tools', 'call', 'calc', 'add', '--agent', 'dev', '--args', '[1]'], '--args takes a JSON object'],
  ])('%j', async (args, hint) => {
    const { stdout, stderr } = await run(home, args);
    expect(stdout).toBe('');
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/list_servers|get_server_tools|execute_tool|agent id you were given/);
  });
});
