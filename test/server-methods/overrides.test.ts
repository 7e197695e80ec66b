/** What an entry says about how tools, prompts and resources appear: in every view and era, in search, rules, the audit, after a reload. */
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
import { DIRECT, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const OVERRIDES = {
  tools: {
    create_issue: {
      name: 'new_issue',
      description: 'Files a bug for the web team.',
      annotations: { destructiveHint: false },
      arguments: {
        '/repo': { fixed: 'acme/web' },
        '/options/key': { fixed: `$\{TRACKER_KEY}` },
        '/options/by': { fixed: `$\{principal}` },
        '/title': { default: 'Untitled', description: 'A short title.' },
      },
    },
    delete_repo: { hidden: true },
    creat_issue: { hidden: true },
  },
  prompts: { triage: { name: 'sort', arguments: { '/team': { fixed: 'web' } } }, triag: { hidden: true } },
  resources: {
    'issue:///closed': { hidden: true },
    'issue:///opne': { hidden: true },
    'issue:///open': { title: 'Open issues' },
  },
};
const entry = (overrides: Json): Json => servers({ tracker: { ...fixture('tracker'), ...overrides } });
const RULES = viewRules(
  {},
  {
    narrow: {
      allow: {
        servers: ['tracker'],
        tools: { tracker: [{ tool: 'new_issue', args: { '/repo': { equals: 'acme/web' } } }] },
      },
    },
    old: { allow: { servers: ['tracker'], tools: { tracker: ['create_issue', 'delete_repo'] } } },
  },
);

let gateway: HttpGateway;
let home: Home;
beforeAll(async () => {
  home = makeHome({ servers: entry(OVERRIDES), rules: RULES });
  gateway = await serveHttp({ home, env: { TRACKER_KEY: 'k-1' } });
});
afterAll(() => gateway.stop());

const open = (view: View, revision: string): Promise<Rpc> =>
  openHttp(`${gateway.origin}${view.path('tracker')}`, revision, { token: view.token });

async function called(rpc: Rpc, view: View, tool: string, args: object): Promise<ToolResult> {
  return resultOf(await rpc.call('tools/call', view.call('tracker', tool, args)));
}
const codeOf = (result: ToolResult): string => (result.isError === true ? errorOf(result).code : 'ok');
const sent = (args: object, by: string): string =>
  `create_issue ${JSON.stringify({ ...args, repo: 'acme/web', options: { key: 'k-1', by } })}`;

describe.each(VIEWS)('in the $name view', (view) => {
  it.each([LEGACY, MODERN])('of %s, tools have other names and arguments, or are not there', async (revision) => {
    const rpc = await open(view, revision);
    const by = view === DIRECT ? 'direct' : 'tester';
    expect(textOf(await called(rpc, view, 'new_issue', { title: 'x' }))).toBe(sent({ title: 'x' }, by));
    const untitled = await called(rpc, view, 'new_issue', {});
    expect(JSON.parse(textOf(untitled).slice('create_issue '.length))).toMatchObject({ title: 'Untitled' });
    const given = await called(rpc, view, 'new_issue', { title: 'x', Repo: 'acme/other' });
    expect(errorOf(given)).toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: 'The argument "Repo" cannot be given: whoever runs the gateway decides it. Leave it out.',
    });
    for (const gone of ['create_issue', 'delete_repo'])
      expect(codeOf(await called(rpc, view, gone, { title: 'x' }))).toBe('TOOL_NOT_FOUND');
  });

  it.each([LEGACY, MODERN])('of %s, prompts and resources as well', async (revision) => {
    const rpc = await open(view, revision);
    const [before, uri] = view === SINGLE ? ['', ''] : ['tracker__', 'mcp://tracker/'];
    const listed = async (method: string, member: string): Promise<Json[]> =>
      (await rpc.call(method, '{}')).message.result?.[member] as Json[];
    expect(await listed('prompts/list', 'prompts')).toEqual([
      { name: `${before}sort`, arguments: [{ name: 'style' }] },
    ]);
    const prompt = await rpc.call('prompts/get', { name: `${before}sort`, arguments: { style: 's' } });
    expect(prompt.text).toContain('triage {\\"style\\":\\"s\\",\\"team\\":\\"web\\"}');
    const complete = async (name: string, given?: object): Promise<unknown> => {
      const { message } = await rpc.call('completion/complete', {
        ref: { type: 'ref/prompt', name: `${before}sort` },
        argument: { name, value: '' },
        ...(given === undefined ? {} : { context: { arguments: given } }),
      });
      return message.error?.code ?? message.result?.['completion'];
    };
    expect(await complete('style')).toEqual({ values: ['triage'] });
    expect(await complete('style', { lang: 'en' })).toEqual({
      values: ['triage {"arguments":{"lang":"en","team":"web"}}'],
    });
    for (const hidden of ['team', 'Team', 'te-am']) {
      expect(await complete(hidden)).toBe(-32602);
      expect(await complete('style', { [hidden]: 'x' })).toBe(-32602);
    }
    for (const params of [{ name: `${before}triage` }, { name: `${before}sort`, arguments: { Team: 'x' } }])
      expect((await rpc.call('prompts/get', params)).message.error).toBeDefined();
    expect(await listed('resources/list', 'resources')).toEqual([
      { uri: `${uri}issue:///open`, name: 'open', title: 'Open issues' },
    ]);
    expect((await rpc.call('resources/read', { uri: `${uri}issue:///open` })).message.result).toBeDefined();
    expect((await rpc.call('resources/read', { uri: `${uri}issue:///closed` })).message.error).toBeDefined();
  });
});

it('agents see what they may give, in lists and in search', async () => {
  const rpc = await gateway.open();
  const { tools } = await getTools(rpc, { server: 'tracker' });
  expect(tools).toEqual([
    {
      name: 'new_issue',
      description: 'Files a bug for the web team.',
      inputSchema: {
        type: 'object',
        properties: {
          title: { type: 'string', description: 'A short title.', default: 'Untitled' },
          options: { type: 'object', properties: { labels: { type: 'array' } } },
        },
      },
    },
    expect.objectContaining({ name: 'read_issue' }),
  ]);
  const found = dataOf(await callTool(rpc, 'search_tools', { query: 'file a bug for the web team' }));
  expect(found).toHaveProperty('tools.0.tool', 'new_issue');
  const other = dataOf(await callTool(rpc, 'search_tools', { query: 'delete a repository' }));
  expect(JSON.stringify(other)).not.toContain('delete_repo');
});

it('rules decide on the new name and on all arguments, and the audit has both names', async () => {
  const rpc = await gateway.open();
  const execute = (agent_id: string, tool: string, args: object): Promise<ToolResult> =>
    callTool(rpc, 'execute_tool', { agent_id, server: 'tracker', tool, args });
  const narrow = await execute('narrow', 'new_issue', { title: 'audited' });
  expect(codeOf(narrow), textOf(narrow)).toBe('ok');
  expect(codeOf(await execute('old', 'create_issue', {}))).toBe('TOOL_NOT_FOUND');
  // What is denied is not told that an argument is wrong.
  expect(codeOf(await execute('old', 'new_issue', { repo: 'x' }))).toBe('DENIED_BY_POLICY');
  expect(auditRecords(home)).toContainEqual(
    expect.objectContaining({ agent_id: 'narrow', tool: 'new_issue', original: 'create_issue', decision: 'ALLOW' }),
  );
});

it.each([LEGACY, MODERN])('over stdio, in %s', async (revision) => {
  const stdio = await serveStdio({ servers: entry(OVERRIDES), rules: RULES, env: { TRACKER_KEY: 'k-1' } }, revision);
  const { rpc } = stdio;
  const args = JSON.stringify({ title: 'x' });
  expect(await executeText(rpc, { server: 'tracker', tool: 'new_issue', args: JSON.parse(args) as Json })).toBe(
    sent({ title: 'x' }, 'local'),
  );
  const spelled = await callTool(rpc, 'execute_tool', { server: 'tracker', tool: 'new_issue', args: '{"REPO":"x"}' });
  expect(codeOf(spelled)).toBe('INVALID_ARGUMENTS');
  await stdio.stop();
});

it('the log and validate say what is not there, and policy explain what a name stands for', async () => {
  await gateway.running.waitForStderr(/creat_issue.*Did you mean/);
  const cli = (...args: string[]): ReturnType<typeof runCli> =>
    runCli(args, { env: { ...home.env, TRACKER_KEY: 'k' }, cwd: home.cwd });
  const { stdout } = await cli('validate');
  expect(stdout).toMatch(/"tools\.creat_issue" is no tool that the server lists - Did you mean "create_issue"\?/);
  expect(stdout).toContain('no tool "create_issue"');
  expect(stdout).toMatch(/"prompts\.triag" is no prompt that the server lists - Did you mean "triage"\?/);
  expect(stdout).toMatch(/"resources\.issue:\/\/\/opne" is no resource that .* - Did you mean "issue:\/\/\/open"\?/);
  const explained = await cli('policy', 'explain', 'narrow', 'tracker', 'new_issue', '--args', '{"title":"x"}');
  expect(explained.stdout).toContain('ALLOW');
  expect(explained.stdout).toContain('The server knows it as create_issue.');
  const old = await cli('policy', 'explain', 'default', 'tracker', 'create_issue');
  expect(old.stderr).toContain('is called "new_issue"');
});

it('a reload changes them, and no call is lost', async () => {
  const rpc = await gateway.open();
  const repoOf = async (): Promise<string> => {
    const said = await executeText(rpc, { server: 'tracker', tool: 'new_issue', args: { title: 'x' } });
    return (JSON.parse(said.slice('create_issue '.length)) as { repo: string }).repo;
  };
  const { create_issue } = OVERRIDES.tools;
  const changed = { ...create_issue, arguments: { ...create_issue.arguments, '/repo': { fixed: 'acme/api' } } };
  const seen = new Set([await repoOf()]);
  writeFileSync(home.servers, fileText(entry({ tools: { create_issue: changed } })));
  await until(async () => {
    seen.add(await repoOf());
    return seen.size === 2;
  }, 'the new entry');
  expect([...seen]).toEqual(['acme/web', 'acme/api']);
  // The connection is the same, and what is hidden no longer is there.
  expect(await executeText(rpc, { server: 'tracker', tool: 'delete_repo', args: {} })).toBe('delete_repo {}');
});
