/** Subagents that share a connection are told apart by what a hook of the client attests, never by what they claim. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Setup, type StdioGateway, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, makeHome, servers } from '../support/home.ts';
import { fixture, root } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, errorOf, execute, listServers, type ToolResult, toolNames } from '../support/tools.ts';

const RULES = {
  agents: {
    developer: { allow: { servers: ['a'] } },
    researcher: { allow: { servers: ['b'] }, min_assurance: 'hook' },
    admin: { allow: { servers: ['*'] } },
  },
  principals: { local: { stdio: true, hook: true, default: 'developer', may_assume: ['developer', 'researcher'] } },
};

/** What Claude Code gives a PreToolUse hook, as far as it matters here (https://code.claude.com/docs/en/hooks). */
function hookInput(id: string, agent: string | undefined): string {
  return JSON.stringify({
    session_id: 's',
    transcript_path: '/dev/null',
    cwd: '/',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'mcp__gateway__execute_tool',
    tool_input: { server: 'b', tool: 'label', agent_id: 'admin' },
    tool_use_id: id,
    ...(agent === undefined ? {} : { agent_id: 'a1b2c3', agent_type: agent }),
  });
}

async function runHook(home: Home, id: string, agent?: string): Promise<void> {
  const { code, stdout, stderr } = await runCli(['hook'], {
    env: home.env,
    cwd: home.cwd,
    input: hookInput(id, agent),
  });
  expect([code, stdout, stderr]).toEqual([0, '', '']);
}

/** Ready for its first call, as it is when a client uses a tool. */
async function started(setup: Setup, revision: string = MODERN): Promise<StdioGateway> {
  const gateway = await serveStdio(setup, revision);
  await toolNames(gateway.rpc);
  return gateway;
}

const open = (revision: string): Promise<StdioGateway> =>
  started(
    {
      servers: servers({ a: fixture('calc', { LABEL: 'a' }), b: fixture('calc', { LABEL: 'b' }) }),
      rules: RULES,
      env: { GATEWAY_INIT_STRATEGY: 'lazy' },
    },
    revision,
  );

const listAs = async ({ rpc }: StdioGateway, id: string | undefined, claim?: string): Promise<ToolResult> =>
  callTool(rpc, 'list_servers', claim === undefined ? {} : { agent_id: claim }, {
    meta: id === undefined ? {} : { 'claudecode/toolUseId': id },
  });
const namesOf = (result: ToolResult): string[] =>
  (JSON.parse(result.content[0]?.text ?? '') as { name: string }[]).map(({ name }) => name);

describe.each(['2025-11-25', MODERN])('%s', (revision) => {
  it('a call is of the attested agent, once; without a good attestation of the default, never of the claim', async () => {
    const gateway = await open(revision);
    await runHook(gateway.home, 'toolu_1', 'researcher');
    expect(namesOf(await listAs(gateway, 'toolu_1', 'admin'))).toEqual(['b']);
    for (const [id, claim] of [
      ['toolu_1', 'researcher'],
      ['toolu_unknown', 'researcher'],
      [undefined, 'researcher'],
      [undefined, 'admin'],
      [undefined, undefined],
    ] as const) {
      expect(namesOf(await listAs(gateway, id, claim)), String(id)).toEqual(['a']);
    }
    const records = auditRecords(gateway.home).filter(({ operation }) => operation === 'list_servers');
    expect(records.slice(0, 3)).toMatchObject([
      { agent_id: 'researcher', claimed_agent: 'admin', assurance: 'hook', principal: 'local' },
      { agent_id: 'developer', claimed_agent: 'researcher', assurance: 'claim' },
      { agent_id: 'developer', claimed_agent: 'researcher', assurance: 'claim' },
    ]);
    await gateway.stop();
  });

  it('the main conversation is the default, attested; an agent that is not allowed is refused', async () => {
    const gateway = await open(revision);
    await runHook(gateway.home, 'toolu_main');
    expect(namesOf(await listAs(gateway, 'toolu_main'))).toEqual(['a']);
    expect(auditRecords(gateway.home).at(-1)).toMatchObject({ agent_id: 'developer', assurance: 'hook' });
    for (const agent of ['admin', 'Explore', '__proto__']) {
      await runHook(gateway.home, `toolu_${agent}`, agent);
      expect(errorOf(await listAs(gateway, `toolu_${agent}`)).code, agent).toBe('INVALID_AGENT_ID');
    }
    await gateway.stop();
  });
});

it('a replayed attestation counts for nothing', async () => {
  const gateway = await open(MODERN);
  await runHook(gateway.home, 'toolu_2', 'researcher');
  await runHook(gateway.home, 'toolu_2', 'researcher');
  expect(namesOf(await listAs(gateway, 'toolu_2'))).toEqual(['a']);
  await gateway.stop();
});

it('calls go the same way as lists', async () => {
  const gateway = await open(MODERN);
  await runHook(gateway.home, 'toolu_3', 'researcher');
  const meta = { 'claudecode/toolUseId': 'toolu_3' };
  expect(await execute(gateway.rpc, { server: 'b', tool: 'label' }, { meta })).toMatchObject({
    content: [{ text: 'b' }],
  });
  expect(errorOf(await execute(gateway.rpc, { server: 'b', tool: 'label' }, { meta })).code).toBe('DENIED_BY_POLICY');
  await gateway.stop();
});

it('socket and key are for their owner only, and are gone with the gateway', async () => {
  const gateway = await open(MODERN);
  const directory = path.join(gateway.home.dir, 'cache/agent-mcp-gateway/hooks');
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  const files = readdirSync(directory);
  expect(files.map((file) => path.extname(file)).sort()).toEqual(['.key', '.sock']);
  for (const file of files) expect(statSync(path.join(directory, file)).mode & 0o777).toBe(0o600);
  gateway.running.child.stdin?.end();
  await gateway.running.exited;
  expect(readdirSync(directory)).toEqual([]);
  await gateway.stop();
});

it('what a killed gateway left is cleared away, and several gateways are all told', async () => {
  const killed = await open(MODERN);
  const { home } = killed;
  const directory = path.join(home.dir, 'cache/agent-mcp-gateway/hooks');
  killed.running.child.kill('SIGKILL');
  await killed.running.exited;
  expect(readdirSync(directory)).toHaveLength(2);
  const [one, two] = [await started({ home }), await started({ home })];
  await runHook(home, 'toolu_4', 'researcher');
  expect(readdirSync(directory)).toHaveLength(4);
  for (const gateway of [one, two]) expect(namesOf(await listAs(gateway, 'toolu_4'))).toEqual(['b']);
  for (const { running } of [one, two]) {
    running.child.stdin?.end();
    await running.exited;
  }
});

it('without "hook" in the rules there is no socket, and the hook disturbs nothing', async () => {
  const rules = { ...RULES, principals: { local: { stdio: true, default: 'developer', may_assume: ['*'] } } };
  const gateway = await started({ servers: servers({ a: fixture('calc') }), rules });
  await runHook(gateway.home, 'toolu_5', 'admin');
  expect(await listServers(gateway.rpc)).toEqual(['a']);
  await until(() => auditRecords(gateway.home).length > 0, 'a record');
  expect(auditRecords(gateway.home)[0]).toMatchObject({ agent_id: 'developer', assurance: 'claim' });
  await gateway.stop();
});

it('the settings of the recipe are those that connect prints', async () => {
  const home = makeHome();
  const { stdout } = await runCli(['connect', 'claude-code', '--hook'], { env: home.env, cwd: home.cwd });
  home.remove();
  const recipe = readFileSync(path.join(root, 'docs/recipes/claude-code-hook/.claude/settings.json'), 'utf8');
  expect(JSON.parse(recipe)).toEqual(JSON.parse(stdout));
});
