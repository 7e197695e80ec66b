/** What others wrote reaches the terminal escaped, whichever command prints it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';

/** Everything that moves a cursor or reorders a line, but the ends of lines and tabs. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;

const FILES = {
  servers: servers({ forger: fixture('forger'), 'off\u001b[31m\nforged  stdio': { command: `\${MISSING_VARIABLE}` } }),
  rules: { agents: { default: { allow: { servers: ['*'] } } } },
};

let home: Home;
beforeAll(() => {
  home = makeHome(FILES);
});
afterAll(() => home.remove());

const run = (args: readonly string[], at: Home = home): ReturnType<typeof runCli> =>
  runCli(args, { env: at.env, cwd: at.cwd });

describe('control characters and line feeds of others', () => {
  it.each([
    [['doctor']],
    [['servers', 'test', 'forger']],
    [['servers', 'list']],
    [['warm']],
    [['validate']],
    [['tools', 'list']],
    [['tools', 'call', 'forger', 't']],
    [['tools', 'call', 'forger', '\u001b[31m\nforged']],
    [['doctor', '--json']],
    [['tools', 'list', '--json']],
    [['tools', 'call', 'forger', 't', '--json']],
  ])('%j', async (args) => {
    const { stdout, stderr } = await run(args);
    expect(stdout + stderr).not.toBe('');
    expect(stdout).not.toMatch(UNSAFE);
    expect(stderr).not.toMatch(UNSAFE);
    expect(`\n${stdout}\n${stderr}`).not.toMatch(/\n(?:files|forged| {2}\+ tools {7}9)/);
  });

  it('also of running servers, and what they write to stderr', async () => {
    const gateway = await serveHttp(FILES);
    await gateway.running.waitForStderr(/"server":"forger".*server connected/);
    const status = await run(['servers', 'status'], gateway.home);
    const logs = await run(['servers', 'logs', 'forger'], gateway.home);
    expect(status.stdout).toContain('off\\u001b[31m\\nforged');
    expect(logs.stdout).toContain('of a server\n');
    expect(status.stdout + logs.stdout).not.toMatch(UNSAFE);
    await gateway.stop();
  });

  it('a name is shown with its escapes, and the lines and tabs of a result stay', async () => {
    // Of descriptions, what nobody sees is taken out: they are shown as agents get them.
    expect((await run(['tools', 'list', 'forger'])).stdout).toBe(
      'forger\tt\tfirst[2Jline31m\nforger\tevil\\nfiles\\tread_file\tx\n',
    );
    expect((await run(['tools', 'call', 'forger', 't'])).stdout).toBe('one\ttab\n\\u001b[2Jtwo\\u202e\n\n');
  });
});
