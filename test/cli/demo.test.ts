/** The demo checks every step itself; this runs it as a newcomer would, and looks at what it measured. */
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Home, makeHome } from '../support/home.ts';
import { assertGone, runCli, startGateway, until } from '../support/process.ts';

let home: Home;
beforeEach(() => {
  home = makeHome();
});
// Nothing that the demo started or wrote is left, however it ended.
afterEach(async () => {
  await assertGone(home.dir);
  expect(readdirSync(home.cwd)).toEqual([]);
  home.remove();
});

/** Temporary files go into the working directory of the test, so that it sees what is left of them. */
function options(): { env: Record<string, string>; cwd: string } {
  return { env: { ...home.env, TMPDIR: home.cwd, TEMP: home.cwd }, cwd: home.cwd };
}

it('does what it says, and saves more than 80 % of the tokens', async () => {
  const { code, stdout, stderr } = await runCli(['demo', '--json'], options());
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const figures = JSON.parse(stdout) as {
    agents: Record<string, { saved_percent: number; loaded_tokens: number; servers: string[] }>;
    program: { program_tokens: number; one_by_one_tokens: number };
  };
  expect(figures).toMatchObject({
    servers: 5,
    tools: 62,
    agents: {
      support: { transport: 'http', servers: ['calendar', 'notes', 'tickets'] },
      analyst: { transport: 'stdio', servers: ['database', 'weather'] },
    },
    denied: ['DENIED_BY_POLICY', 'DENIED_BY_POLICY'],
    reload: { allowed_afterwards: true },
    audit: { writers: 2, intact: true },
    program: { calls: 5 },
  });
  const { program_tokens: together, one_by_one_tokens: alone } = figures.program;
  expect(together).toBeLessThan(alone / 2);
  for (const { saved_percent, loaded_tokens } of Object.values(figures.agents)) {
    expect(saved_percent).toBeGreaterThan(80);
    expect(loaded_tokens).toBeGreaterThan(0);
  }
});

it('tells it in plain words, without colours where nobody watches', async () => {
  const { code, stdout } = await runCli(['demo'], options());
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
  for (const word of ['DENIED_BY_POLICY', 'In force after', 'records of 2 gateways', '% less', 'init', 'mcpServers']) {
    expect(stdout).toContain(word);
  }
});

it('leaves nothing behind when it is interrupted', async () => {
  const demo = startGateway(['demo'], options());
  await until(() => readdirSync(home.cwd).length > 0, 'the demo has its folder');
  expect(await demo.stop('SIGINT')).toEqual({ code: 130, signal: null });
});

it('says which servers there are where one is not', async () => {
  const { code, stderr } = await runCli(['demo-server', 'nothing'], options());
  expect(code).toBe(2);
  expect(stderr).toContain('calendar, database, notes, tickets, weather');
});
