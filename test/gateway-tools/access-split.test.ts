/** Agents with `"execute": "split"`: a client that approves reading by itself does only that (docs/rules.md). */
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { auditRecords, linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, openShared, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, dataOf, errorOf, textOf, toolNames } from '../support/tools.ts';

const CALLS = path.join(mkdtempSync(path.join(os.tmpdir(), 'access-split-')), 'calls');
const HINTS = {
  get_note: { readOnlyHint: true },
  put_note: { readOnlyHint: false, destructiveHint: false },
  drop_note: { readOnlyHint: false },
  // It lies; the owner knows better.
  wipe_note: { readOnlyHint: true },
  secret_note: { readOnlyHint: true },
};
const SPLIT = ['execute_read', 'execute_write', 'execute_destructive'];
const RIGHT: Readonly<Record<string, string>> = {
  get_note: 'execute_read',
  put_note: 'execute_write',
  drop_note: 'execute_destructive',
  wipe_note: 'execute_destructive',
  send_note: 'execute_destructive',
};

const calc = fixture('calc', {
  TOOLS: `${Object.keys(HINTS).join(',')},send_note`,
  HINTS: JSON.stringify(HINTS),
  CALLS_FILE: CALLS,
});
const ONE = { allow: { servers: ['calc'] } };
const DEV = { execute: 'split', allow: { servers: ['calc'] }, deny: { tools: { calc: ['secret_*'] } } };
const ACCESS = { access: { calc: { wipe_note: 'destructive' } } };
const SETUP = { servers: servers({ calc }), rules: { ...withPrincipals({ default: DEV }), ...ACCESS } };

type Listed = { readonly name: string; readonly annotations?: Readonly<Record<string, unknown>> };

async function listed(rpc: Rpc): Promise<readonly Listed[]> {
  return ((await rpc.call('tools/list')).message.result?.['tools'] ?? []) as Listed[];
}

/** The answer of a search or a list about the notes: each with the tool that calls it. */
async function namedBySearch(rpc: Rpc): Promise<Record<string, string>> {
  const found = dataOf(await callTool(rpc, 'search_tools', { query: 'note', limit: 20 }));
  const { tools } = found as { tools: { tool: string; execute: string }[] };
  return Object.fromEntries(tools.flatMap(({ tool, execute }) => (tool.endsWith('_note') ? [[tool, execute]] : [])));
}

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  const say = async (executor: string, tool: string, args: unknown = {}): Promise<string> => {
    const result = await callTool(front.rpc, executor, { server: 'calc', tool, args });
    if (result.isError !== true) return textOf(result);
    const { code, message } = errorOf(result);
    return `${code}: ${message}`;
  };

  it('has one tool for each access, with the annotations that say so, and no execute_tool', async () => {
    const tools = new Map((await listed(front.rpc)).map(({ name, annotations }) => [name, annotations]));
    expect([...tools.keys()].filter((name) => name.startsWith('execute'))).toEqual(SPLIT);
    expect(JSON.stringify(await listed(front.rpc))).not.toContain('execute_tool');
    expect(tools.get('execute_read')).toEqual({ readOnlyHint: true });
    expect(tools.get('execute_write')).toEqual({ readOnlyHint: false, destructiveHint: false });
    expect(tools.get('execute_destructive')).toEqual({ readOnlyHint: false, destructiveHint: true });
    expect(await say('execute_tool', 'get_note')).toMatch(/^TOOL_NOT_FOUND: .*execute_read, execute_write and/);
  });

  it('a client that approves by readOnlyHint === true runs reads unasked, and stops at everything else', async () => {
    const offered = await listed(front.rpc);
    const isApproved = (name: string) =>
      offered.find((tool) => tool.name === name)?.annotations?.['readOnlyHint'] === true;
    const plan = await namedBySearch(front.rpc);
    expect(plan).toEqual(RIGHT);
    const stopped: string[] = [];
    for (const [tool, executor] of Object.entries(plan)) {
      if (isApproved(executor)) expect(await say(executor, tool)).toBe(tool);
      else stopped.push(tool);
    }
    expect(stopped.sort()).toEqual(['drop_note', 'put_note', 'send_note', 'wipe_note']);
  });

  it('each calls only what fits it, and otherwise names the one that does', async () => {
    for (const [tool, right] of Object.entries(RIGHT)) {
      for (const executor of SPLIT) {
        for (const args of [{}, '{}']) {
          const said = await say(executor, tool, args);
          if (executor === right) expect(said).toBe(tool);
          else expect(said).toMatch(new RegExp(`^INVALID_ARGUMENTS: .* Call it with ${right}, and the same arguments`));
        }
      }
    }
    const ran = linesOf(CALLS).map((line) => line.split(' ')[0]);
    expect(ran).not.toContain('secret_note');
  });

  it('tells what is denied and what there is not as without it', async () => {
    for (const executor of SPLIT) {
      const denied = await say(executor, 'secret_note');
      expect(denied).toMatch(/^DENIED_BY_POLICY: Agent 'default' may not use tool 'secret_note' of server 'calc'/);
      expect(await say(executor, 'secret_other')).toBe(denied.replace('secret_note', 'secret_other'));
      expect(await say(executor, 'get_notes')).toMatch(/^TOOL_NOT_FOUND: .*get_note/);
    }
  });

  it('says so in its instructions and in definitions that are asked for', async () => {
    const { tools, execute } = dataOf(
      await callTool(front.rpc, 'get_server_tools', { server: 'calc', pattern: '*_note', detail: 'names' }),
    ) as { tools: string[]; execute: Record<string, string[]> };
    expect(tools).toEqual(Object.keys(RIGHT));
    expect(execute).toEqual({
      execute_read: ['get_note'],
      execute_write: ['put_note'],
      execute_destructive: ['drop_note', 'wipe_note', 'send_note'],
    });
    if (kind.revision !== MODERN) return;
    const { instructions } = (await front.rpc.call('server/discover')).message.result as { instructions: string };
    expect(instructions).toContain('names in "execute"');
    expect(instructions).not.toContain('execute_tool');
  });
});

it('holds over workers, and a reload gives it to a session and takes it away, with a notice', async () => {
  const home = makeHome({ servers: servers({ calc }), rules: { ...withPrincipals({ default: ONE }), ...ACCESS } });
  const gateway = await serveHttp({ home, args: ['--workers', '2'] });
  const rpc = await gateway.open('2025-11-25');
  const heard: unknown[] = [];
  const listening = (await gateway.open(MODERN)).start(
    'subscriptions/listen',
    { notifications: { toolsListChanged: true } },
    { onNotification: ({ method }) => heard.push(method) },
  );
  const told = () => heard.filter((method) => method === 'notifications/tools/list_changed').length;
  const code = async (executor: string, tool: string): Promise<string> => {
    const result = await callTool(rpc, executor, { server: 'calc', tool });
    return result.isError === true ? errorOf(result).code : textOf(result);
  };
  expect(await toolNames(rpc)).toContain('execute_tool');
  expect(await code('execute_tool', 'get_note')).toBe('get_note');
  expect(await code('execute_read', 'get_note')).toBe('TOOL_NOT_FOUND');
  writeFileSync(home.rules, JSON.stringify({ ...withPrincipals({ default: DEV }), ...ACCESS }));
  await until(async () => (await toolNames(rpc)).includes('execute_read'), 'the session has the three tools');
  await until(() => told() === 1, 'who listens is told');
  expect(await code('execute_tool', 'get_note')).toBe('TOOL_NOT_FOUND');
  for (let at = 0; at < 4; at++) {
    const other = await gateway.open(MODERN);
    expect(errorOf(await callTool(other, 'execute_read', { server: 'calc', tool: 'put_note' })).code).toBe(
      'INVALID_ARGUMENTS',
    );
    await other.close();
  }
  // The owner corrects what a tool does: the next call knows.
  const worse = { access: { calc: { get_note: 'write' } } };
  writeFileSync(home.rules, JSON.stringify({ ...withPrincipals({ default: DEV }), ...worse }));
  await until(async () => (await code('execute_read', 'get_note')) === 'INVALID_ARGUMENTS', 'the correction counts');
  expect(await code('execute_write', 'get_note')).toBe('get_note');
  writeFileSync(home.rules, JSON.stringify({ ...withPrincipals({ default: ONE }), ...ACCESS }));
  await until(() => told() === 2, 'who listens is told once more, and not of the correction');
  expect(await code('execute_tool', 'get_note')).toBe('get_note');
  listening.cancel();
  const refused = auditRecords(home).filter(({ error_code }) => error_code === 'INVALID_ARGUMENTS');
  expect(refused.length).toBeGreaterThan(0);
  for (const { operation } of refused) expect(operation).toBe('execute_read');
  await gateway.stop();
});

it('a connection that may be several agents is shown the tools of all, and each agent has its own alone', async () => {
  const rules = { agents: { one: ONE, dev: DEV }, defaults: { deny_on_missing_agent: false } };
  const home = makeHome({
    servers: servers({ calc }),
    rules: { ...rules, ...withPrincipals(rules.agents), ...ACCESS },
  });
  const gateway = await serveHttp({ home });
  const rpc = await gateway.open(MODERN);
  expect((await toolNames(rpc)).filter((name) => name.startsWith('execute'))).toEqual(['execute_tool', ...SPLIT]);
  const code = async (executor: string, agent_id: string): Promise<string> => {
    const result = await callTool(rpc, executor, { server: 'calc', tool: 'get_note', agent_id });
    return result.isError === true ? errorOf(result).code : textOf(result);
  };
  expect(await code('execute_tool', 'one')).toBe('get_note');
  expect(await code('execute_read', 'dev')).toBe('get_note');
  expect(await code('execute_tool', 'dev')).toBe('TOOL_NOT_FOUND');
  expect(await code('execute_read', 'one')).toBe('TOOL_NOT_FOUND');
  const cli = (...args: string[]) => runCli(args, { env: home.env, cwd: home.cwd });
  const called = await cli('tools', 'call', 'calc', 'put_note', '--agent', 'dev');
  expect([called.code, called.stdout.trim()]).toEqual([0, 'put_note']);
  const shown = await cli('policy', 'show', 'dev');
  expect(shown.stdout).toContain('dev calls tools with execute_read, execute_write, execute_destructive');
  const explained = await cli('policy', 'explain', 'dev', 'calc', 'put_note', '--access', 'write');
  expect(explained.stdout).toContain('It is called with execute_write.');
  const corrected = await cli('policy', 'explain', 'dev', 'calc', 'wipe_note');
  expect(corrected.stdout).toContain('It is called with execute_destructive.');
  await gateway.stop();
});
