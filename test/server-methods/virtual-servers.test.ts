/** Tools of several servers under the name of another one: in every view and era, under the rules for both names, after a reload. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, fileText, type Home, type Json, makeHome, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import {
  callTool,
  dataOf,
  errorOf,
  executeText,
  getTools,
  resultOf,
  type ToolResult,
  textOf,
} from '../support/tools.ts';
import { SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const ENTRIES = {
  tracker: {
    ...fixture('tracker'),
    tools: { create_issue: { name: 'new_issue', arguments: { '/repo': { fixed: 'acme/web' } } } },
  },
  calc: fixture('calc', { TOOLS: 'add,read_issue' }),
};
const TRIAGE = ['tracker.*_issue', 'tracker.delete_repo', 'calc.add'];
const entries = (tools: readonly string[]): Json =>
  servers({ ...ENTRIES, triage: { virtual: { tools }, description: 'For triage.' } });
const RULES = {
  approvals: { via: ['client'] },
  ...viewRules(
    {},
    {
      // The rules of neither name alone are enough.
      virtual: { allow: { servers: ['triage'] } },
      tracker: { allow: { servers: ['tracker', 'calc'] } },
      narrow: {
        allow: { servers: ['triage', 'tracker'] },
        ask: { tools: { triage: ['read_issue'] } },
        deny: { tools: { tracker: ['delete_*'], triage: ['new_issue'] } },
      },
    },
  ),
};

let gateway: HttpGateway;
let home: Home;
beforeAll(async () => {
  home = makeHome({ servers: entries(TRIAGE), rules: RULES });
  gateway = await serveHttp({ home });
});
afterAll(() => gateway.stop());

const open = (view: View, revision: string): Promise<Rpc> =>
  openHttp(`${gateway.origin}${view.path('triage')}`, revision, { token: view.token });
const called = async (rpc: Rpc, view: View, tool: string, args: object): Promise<ToolResult> =>
  resultOf(await rpc.call('tools/call', view.call('triage', tool, args)));
const codeOf = (result: ToolResult): string => (result.isError === true ? errorOf(result).code : 'ok');
const NAMES = ['new_issue', 'delete_repo', 'read_issue', 'add'];

describe.each(VIEWS)('in the $name view', (view) => {
  it.each([LEGACY, MODERN])('of %s, its tools are those of others', async (revision) => {
    const rpc = await open(view, revision);
    expect(textOf(await called(rpc, view, 'new_issue', { title: 'x' }))).toBe(
      'create_issue {"title":"x","repo":"acme/web"}',
    );
    expect(codeOf(await called(rpc, view, 'new_issue', { repo: 'x' }))).toBe('INVALID_ARGUMENTS');
    expect(codeOf(await called(rpc, view, 'add', { a: 1, b: 2 }))).toBe('ok');
    const gone = await called(rpc, view, 'subtract', {});
    expect(errorOf(gone)).toMatchObject({ code: 'TOOL_NOT_FOUND' });
    if (view.name === 'discovery') return;
    const { tools } = (await rpc.call('tools/list', '{}')).message.result as { tools: { name: string }[] };
    const names = tools.map(({ name }) => name).filter((name) => view === SINGLE || name.startsWith('triage__'));
    expect(names).toEqual(view === SINGLE ? NAMES : NAMES.map((name) => `triage__${name}`));
    if (view !== SINGLE) return;
    expect((await rpc.call('prompts/list', '{}')).message.result).toMatchObject({ prompts: [] });
    for (const method of ['prompts/get', ...(rpc.revision === MODERN ? [] : ['resources/subscribe'])])
      expect((await rpc.call(method, { name: 'triage', uri: 'test://text' })).message.error).toMatchObject({
        code: -32601,
        message: expect.stringContaining('has tools, and nothing else'),
      });
  });
});

it('a virtual server is listed and searched like another one', async () => {
  const rpc = await gateway.open();
  expect(dataOf(await callTool(rpc, 'list_servers', {}))).toContainEqual({
    name: 'triage',
    description: 'For triage.',
  });
  const { tools } = await getTools(rpc, { server: 'triage' });
  expect(tools.map((tool) => (tool as { name: string }).name)).toEqual(NAMES);
  const found = dataOf(
    await callTool(rpc, 'search_tools', { query: 'delete a repository', server: 'triage', limit: 1 }),
  );
  expect(found).toMatchObject({ tools: [{ server: 'triage', tool: 'delete_repo' }] });
  const anywhere = dataOf(await callTool(rpc, 'search_tools', { query: 'delete a repository' }));
  expect(JSON.stringify(anywhere)).toMatch(/"(?:triage|tracker)","also_on":\["(?:triage|tracker)"\]/);
});

it('rules for both names hold, and the audit has both', async () => {
  const rpc = await gateway.open();
  const execute = async (agent_id: string, tool: string): Promise<string> =>
    codeOf(await callTool(rpc, 'execute_tool', { agent_id, server: 'triage', tool, args: { a: 1, b: 2 } }));
  for (const [agent, tool, code] of [
    ['virtual', 'read_issue', 'DENIED_BY_POLICY'],
    ['tracker', 'read_issue', 'DENIED_BY_POLICY'],
    ['narrow', 'delete_repo', 'DENIED_BY_POLICY'],
    ['narrow', 'new_issue', 'DENIED_BY_POLICY'],
    ['narrow', 'add', 'DENIED_BY_POLICY'],
    ['narrow', 'read_issue', 'APPROVAL_DENIED'],
    ['default', 'delete_repo', 'ok'],
  ] as const)
    expect(`${agent} ${tool} ${await execute(agent, tool)}`).toBe(`${agent} ${tool} ${code}`);
  for (const [agent, names] of [
    ['virtual', []],
    ['narrow', ['read_issue']],
  ] as const) {
    const listed = await callTool(rpc, 'get_server_tools', { agent_id: agent, server: 'triage' });
    const tools = listed.isError ? [] : (dataOf(listed) as { tools: { name: string }[] }).tools;
    expect(tools.map(({ name }) => name)).toEqual(names);
  }
  expect(auditRecords(home)).toContainEqual(
    expect.objectContaining({ agent_id: 'default', server: 'tracker', tool: 'delete_repo', virtual: 'triage' }),
  );
});

it.each([LEGACY, MODERN])('over stdio, in %s', async (revision) => {
  const stdio = await serveStdio({ servers: entries(TRIAGE), rules: RULES }, revision);
  expect(await executeText(stdio.rpc, { server: 'triage', tool: 'read_issue', args: { id: '7' } })).toBe(
    'read_issue {"id":"7"}',
  );
  await stdio.stop();
});

it('validate and policy explain say what a name leads to', async () => {
  const cli = (...args: string[]): ReturnType<typeof runCli> => runCli(args, { env: home.env, cwd: home.cwd });
  const explained = await cli('policy', 'explain', 'narrow', 'triage', 'delete_repo');
  expect(explained.stdout).toContain('DENY  agents.narrow.deny.tools.tracker[0]');
  expect(explained.stderr).toContain('"triage" is a virtual server: this is "tracker.delete_repo", whose rules hold');
  writeFileSync(home.servers, fileText(entries(['tracker.new_isue', 'calc.add'])));
  const { stdout } = await cli('validate');
  expect(stdout).toMatch(
    /:\d+:\d+ Server "triage": "virtual\.tools\[0\]" names no tool .* Did you mean "tracker\.new_issue"\?/,
  );
});

it('a reload changes it, and no call is lost', async () => {
  const rpc = await openHttp(`${gateway.origin}/mcp/servers/triage`, LEGACY, { token: SINGLE.token });
  const names = async (): Promise<string> => {
    const { message } = await rpc.call('tools/list', '{}');
    const { tools } = message.result as { tools: { name: string }[] };
    return tools.map(({ name }) => name).join();
  };
  writeFileSync(home.servers, fileText(entries(['calc.*'])));
  await until(async () => (await names()).endsWith('read_issue'), 'the new entry');
  expect(codeOf(await called(rpc, SINGLE, 'add', { a: 1, b: 2 }))).toBe('ok');
  expect(codeOf(await called(rpc, SINGLE, 'new_issue', {}))).toBe('TOOL_NOT_FOUND');
});
