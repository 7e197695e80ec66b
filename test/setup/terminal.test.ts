/** The questions of `setup` in a terminal of 80 columns and 24 lines. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClientsHome, SECRETS, treeOf } from '../support/clients-home.ts';
import type { Home } from '../support/home.ts';
import { runCli } from '../support/process.ts';
import { HAS_TMUX, openTerminal, type Terminal } from '../support/tmux.ts';

let home: Home;
let terminal: Terminal | undefined;
beforeEach(() => {
  home = makeClientsHome();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
  home.remove();
});

function open(...args: string[]): Terminal {
  const { NO_COLOR: _none, ...env } = home.env;
  terminal = openTerminal(args, { env, cwd: home.cwd });
  return terminal;
}

const withoutCaches = (dir: string): Record<string, string> =>
  Object.fromEntries(Object.entries(treeOf(dir)).filter(([name]) => !name.startsWith('.cache')));

/** What is asked, in its order. */
const QUESTIONS = [/Which clients/, /Take the servers out/, /Move keys/, /Carry this out/];

describe.skipIf(!HAS_TMUX)('setup, in a terminal', () => {
  it('asks, shows the plan, asks once more, and does it', async () => {
    const { press, sees, screen } = open('setup');
    for (const question of QUESTIONS) {
      await sees(question);
      press('Enter');
    }
    await sees(/exit 0/);
    expect(screen()).toMatch(/imported, 17 clients connected/);
    for (const secret of SECRETS) expect(screen()).not.toContain(secret);
    expect(readFileSync(path.join(home.dir, '.cursor/mcp.json'), 'utf8')).toContain('gateway');
    expect((await runCli(['undo', '--yes'], home)).code).toBe(0);
  });

  it.each(QUESTIONS.map((question, at) => [at, question] as const))(
    'Ctrl-C at question %i leaves every file',
    async (at) => {
      const before = withoutCaches(home.dir);
      const { press, sees } = open('setup');
      for (const question of QUESTIONS.slice(0, at)) {
        await sees(question);
        press('Enter');
      }
      await sees(QUESTIONS[at] ?? /$/);
      press('C-c');
      await sees(/exit 130/);
      await sees(/Nothing was changed/);
      expect(withoutCaches(home.dir)).toEqual(before);
    },
  );

  it('no is no', async () => {
    const before = withoutCaches(home.dir);
    const { press, sees } = open('import', 'cursor');
    await sees(/Import these servers/);
    press('n');
    await sees(/Nothing was changed/);
    expect(withoutCaches(home.dir)).toEqual(before);
  });

  it('what somebody chose counts: clients, and that servers and keys stay', async () => {
    const { press, sees } = open('setup', '--clients', 'cursor');
    for (const question of QUESTIONS.slice(1, 3)) {
      await sees(question);
      press('n');
    }
    await sees(/Carry this out/);
    press('Enter');
    await sees(/exit 0/);
    expect(readFileSync(path.join(home.dir, '.cursor/mcp.json'), 'utf8')).toMatch(/"github"[\s\S]*"gateway"/);
    expect(readFileSync(home.servers, 'utf8')).toContain(SECRETS[0]);
    expect(existsSync(path.join(home.dir, '.config/agent-mcp-gateway/secrets'))).toBe(false);
  });

  it('NO_COLOR is obeyed, and so are terminals that have none', async () => {
    const colours = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*3[1-7]m`);
    const first = open('setup', '--clients', 'cursor');
    await first.sees(/Take the servers out/);
    expect(first.coloured()).toMatch(colours);
    first.close();
    terminal = openTerminal(['setup', '--clients', 'cursor'], { env: { ...home.env, NO_COLOR: '1' }, cwd: home.cwd });
    await terminal.sees(/Take the servers out/);
    expect(terminal.coloured()).not.toMatch(colours);
  });

  it('a secret that is typed is not shown', async () => {
    const { press, sees, screen } = open('secret', 'set', 'MY_KEY');
    await sees(/Value of MY_KEY/);
    press('abc-typed', 'Enter');
    await sees(/exit 0/);
    expect(screen()).not.toContain('abc-typed');
    expect((await runCli(['secret', 'list'], home)).stdout).toBe('MY_KEY\n');
  });
});
