/** An account without a home, in a folder without one: the files of the working directory are nobody's own, and what needs no home works. */
import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileText, type Home, makeHome, servers } from '../support/home.ts';
import { main } from '../support/paths.ts';
import { runProgram } from '../support/process.ts';

const RULES = { agents: { default: { allow: { servers: ['*'] } } } };

let home: Home;
/** What a cloned folder would have its server do. */
let mark: string;
beforeAll(() => {
  home = makeHome({ servers: servers({}), rules: RULES });
  mark = path.join(home.dir, 'ran');
  const planted = { command: 'touch', args: [mark] };
  for (const folder of ['.config/agent-mcp-gateway', 'x/.config/agent-mcp-gateway', '~/.config/agent-mcp-gateway']) {
    const at = path.join(home.cwd, folder);
    mkdirSync(at, { recursive: true });
    writeFileSync(path.join(at, '.mcp.json'), fileText(servers({ planted })));
    writeFileSync(path.join(at, '.mcp-gateway-rules.json'), fileText(RULES));
  }
  for (const open of [home.dir, home.cwd]) chmodSync(open, 0o777);
});
afterAll(() => home.remove());

/** As a user id that the system does not know: only root can do that. */
describe.skipIf(process.getuid?.() !== 0)('a user id without an entry', () => {
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = home.cwd) => {
    const as = ['--reuid=54321', '--regid=54321', '--clear-groups', '--', process.execPath, main];
    return runProgram('setpriv', [...as, ...args], { env: { PATH: process.env['PATH'] ?? '', ...env }, cwd });
  };
  const files = () => ({ GATEWAY_MCP_CONFIG: home.servers, GATEWAY_RULES: home.rules });

  it.each<[string, Record<string, string>]>([
    ['no HOME', {}],
    ['an empty one', { HOME: '' }],
    ['the working directory', { HOME: '.' }],
    ['a folder of it', { HOME: 'x' }],
    ['relative XDG folders', { XDG_CONFIG_HOME: '.config', XDG_CACHE_HOME: '.cache' }],
    ['empty XDG folders', { XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '' }],
  ])('%s: nothing of the working directory is used or written', async (_name, env) => {
    for (const args of [['serve'], ['validate'], ['tools', 'list']]) {
      const { code, stderr, stdout } = await run(args, env);
      expect(code).toBe(1);
      expect(stderr + stdout).toContain('No servers file found');
      expect(stderr + stdout).toContain('set HOME to a whole path');
    }
    expect(existsSync(mark)).toBe(false);
    for (const made of ['.cache', 'x/.cache']) expect(existsSync(path.join(home.cwd, made))).toBe(false);
  });

  it('what needs no home works', async () => {
    expect((await run(['--version'])).code).toBe(0);
    expect((await run(['validate'], files())).code).toBe(0);
    expect((await run(['policy', 'explain', 'default', 'calc'], files())).code).toBe(0);
  });

  it('what needs one says what to set', async () => {
    const { code, stderr } = await run(['init']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^agent-mcp-gateway: This account has no home folder: set HOME/);
    expect((await run(['serve'], files())).stderr).toContain('This account has no home folder');
  });

  it('a working directory that was deleted matters to nobody who names all files', async () => {
    const gone = path.join(home.dir, 'gone');
    mkdirSync(gone);
    const shell = ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', gone, process.execPath, main, 'validate'];
    const env = { ...home.env, ...files() };
    expect((await runProgram('sh', shell, { env, cwd: home.cwd })).code).toBe(0);
    if (existsSync(gone)) rmdirSync(gone);
  });
});
