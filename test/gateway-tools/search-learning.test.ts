/** search_tools with learning from use: what an agent used raises that tool for similar questions of that agent alone. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileText, type Home, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { callTool, execute, textOf } from '../support/tools.ts';

// The path is the same for all: one of each transport and each era.
const ENDS = CORNERS.filter(({ transport, revision }) => (transport === 'stdio') === (revision === '2026-07-28'));
const AGENTS = { nurse: { allow: { servers: ['calc'] } }, clerk: { allow: { servers: ['calc'] } } };
const rules = (learn: boolean, agents: object = AGENTS): string =>
  fileText(withPrincipals({ ...agents }, learn ? { search: { learn_from_use: true } } : {}));
const homeWith = (learn: boolean): Home =>
  makeHome({ servers: servers({ calc: fixture('calc', { TOOLS: 'page_doctor,page_porter' }) }), rules: rules(learn) });
const fileOf = (home: Home): string => join(home.dir, 'cache/agent-mcp-gateway/learned.json');
const cli = async (home: Home, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  runCli(args, { env: home.env, cwd: home.cwd });

overMatrix(ENDS, (kind) => {
  it('finds what was used, for that agent alone, until it is forgotten or denied', async () => {
    const home = homeWith(true);
    const { rpc, running, stop } = await open(kind, { home });
    const search = async (agent: string, query: string): Promise<string[]> => {
      const answer = textOf(await callTool(rpc, 'search_tools', { query, agent_id: agent, detail: 'names' }));
      return (JSON.parse(answer) as { tools: { tool: string }[] }).tools.map(({ tool }) => tool);
    };
    const learned = async (...more: string[]): Promise<unknown> =>
      JSON.parse((await cli(home, 'search', 'learned', '--json', ...more)).stdout);
    expect(await search('nurse', 'wake somebody, ward 12')).toEqual([]);
    await execute(rpc, { server: 'calc', tool: 'fail', agent_id: 'nurse' });
    expect(await search('nurse', 'wake somebody, ward 12')).toEqual([]);
    await execute(rpc, { server: 'calc', tool: 'page_doctor', agent_id: 'nurse' });
    // It is remembered in the background.
    await expect.poll(() => existsSync(fileOf(home)), { timeout: 20_000 }).toBe(true);
    expect(await search('nurse', 'wake somebody in the ward')).toEqual(['page_doctor']);
    expect(await search('clerk', 'wake somebody in the ward')).toEqual([]);
    expect(await learned('--agent', 'nurse')).toMatchObject([
      { agent: 'nurse', words: ['somebody', 'wake', 'ward'], server: 'calc', tool: 'page_doctor', count: 1 },
    ]);
    expect(statSync(fileOf(home)).mode & 0o777).toBe(0o600);
    expect((await cli(home, 'search', 'learned')).stdout).toMatch(
      /^agent +times.*\nnurse +1 +\d{4}-.* calc +page_doctor/,
    );

    writeFileSync(
      home.rules,
      rules(true, { ...AGENTS, nurse: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['*doctor'] } } } }),
    );
    await running.waitForStderr(/configuration reloaded/);
    expect(await search('nurse', 'wake somebody in the ward')).toEqual([]);
    expect(await search('nurse', 'page')).toEqual(['page_porter']);

    expect((await cli(home, 'search', 'forget', '--agent', 'clerk')).stderr).toContain('Nothing was remembered');
    expect((await cli(home, 'search', 'forget', '--agent', 'nurse')).stderr).toContain('Forgotten: 1 use.');
    expect(readFileSync(fileOf(home), 'utf8')).not.toContain('ward');
    expect(await learned()).toEqual([]);
    await stop();
  });
});

it('remembers nothing unless the owner wants that', async () => {
  const home = homeWith(false);
  const { rpc, running, stop } = await open({ transport: 'stdio', revision: '2026-07-28' }, { home });
  await callTool(rpc, 'search_tools', { query: 'wake somebody', agent_id: 'nurse' });
  await execute(rpc, { server: 'calc', tool: 'page_doctor', agent_id: 'nurse' });
  running.child.stdin?.end();
  await running.exited;
  expect(existsSync(fileOf(home))).toBe(false);
  await stop();
});
