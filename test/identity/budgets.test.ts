/** Budgets over two workers and a restart, and agents that go round in circles. */
import process from 'node:process';
import { expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, errorOf, execute, type ToolResult, textOf } from '../support/tools.ts';

const LONG = process.env['LONG'] === '1';
/** Calls of a budget; some more are made. */
const CALLS = LONG ? 10_000 : 200;
const TOLD = 'Note: 80 % of the budget';

const codeOf = (result: ToolResult): string => (result.isError === true ? errorOf(result).code : 'ok');
const calc = {
  ...fixture('calc', { TOOLS: 'status,paid,twice,says_many_words' }),
  tools: { status: { loop_breaker: false }, paid: { cost: 0.4 }, twice: { loop_breaker: 2 } },
};
const ALL = { allow: { servers: ['*'] } };

it('is exact over two workers and a restart', async () => {
  const home = makeHome({
    servers: servers({ calc }),
    rules: withPrincipals({ default: { ...ALL, budget: { calls: CALLS, per: 'month' } } }),
  });
  const codes: string[] = [];
  let told = 0;
  const call = async (rpc: Awaited<ReturnType<Awaited<ReturnType<typeof serveHttp>>['open']>>): Promise<void> => {
    const result = await execute(rpc, { server: 'calc', tool: 'add', args: { a: codes.length, b: 1 } });
    codes.push(codeOf(result));
    if (JSON.stringify(result).includes(TOLD)) told++;
  };
  for (const share of [0.5, 0.7]) {
    const gateway = await serveHttp({ home, args: ['--workers', '2'] });
    // Each of them is at one worker.
    const clients = await Promise.all(Array.from({ length: 8 }, () => gateway.open('2025-11-25')));
    await Promise.all(
      clients.map(async (rpc) => {
        for (let n = 0; n < (CALLS * share) / clients.length; n++) await call(rpc);
      }),
    );
    await gateway.running.stop('SIGTERM');
  }
  expect(codes.filter((code) => code === 'ok')).toHaveLength(CALLS);
  expect(new Set(codes)).toEqual(new Set(['ok', 'BUDGET_EXCEEDED']));
  expect(told).toBe(1);
  const refused = auditRecords(home).find(({ error_code }) => error_code === 'BUDGET_EXCEEDED');
  expect(refused).toMatchObject({ decision: 'DENY', rule: 'agents.default.budget', phase: 'finished' });
  home.remove();
});

it.each(['2025-11-25', MODERN])('in %s, cost of tools, and a principal as well as an agent', async (revision) => {
  const budget = { cost: 1.2, per: 'day' };
  const principals = { local: { stdio: true, may_assume: ['*'], budget } };
  const rules = {
    agents: { default: ALL, free: ALL, thrifty: ALL, poor: { ...ALL, budget: { calls: 1, per: 'hour' } } },
    principals,
  };
  const { rpc, stop } = await serveStdio({ servers: servers({ calc }), rules }, revision);
  const pay = (agent: string): Promise<ToolResult> => execute(rpc, { agent_id: agent, server: 'calc', tool: 'paid' });
  expect(codeOf(await pay('free'))).toBe('ok');
  expect(codeOf(await pay('poor'))).toBe('ok');
  expect(errorOf(await pay('poor')).message).toContain(
    "The budget of agent 'poor' for this hour is spent: 1 of 1 calls",
  );
  expect(codeOf(await pay('free'))).toBe('ok');
  expect(errorOf(await pay('free')).message).toContain('this caller for this day is spent: 1.2 of 1.2');
  expect(codeOf(await execute(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } }))).toBe('ok');
  // The entry of a tool says it, and no rule does.
  const codes: string[] = [];
  for (let n = 0; n < 3; n++)
    codes.push(codeOf(await execute(rpc, { agent_id: 'thrifty', server: 'calc', tool: 'twice' })));
  expect(codes).toEqual(['ok', 'ok', 'REPEATED_CALL']);
  await stop();
});

it('a call that asks its caller for input is one call, also with the answer', async () => {
  const asking = { command: process.execPath, args: [fixturePath('conformance-server'), 'legacy'] };
  const rules = withPrincipals({ default: { ...ALL, budget: { calls: 1, per: 'day' } } });
  const { rpc, stop } = await serveStdio({ servers: servers({ asking }), rules }, MODERN);
  const extras = { meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } } };
  const args = { server: 'asking', tool: 'test_elicitation', args: { message: 'Who?' } };
  const params = { name: 'execute_tool', arguments: args };
  const { result } = (await rpc.call('tools/call', params, extras)).message;
  const asked = result as { requestState: string; inputRequests: Record<string, unknown> };
  const inputResponses = Object.fromEntries(
    Object.keys(asked.inputRequests).map((key) => [key, { action: 'accept', content: { username: 'u', email: 'e' } }]),
  );
  const retry = { ...params, requestState: asked.requestState, inputResponses };
  expect(JSON.stringify((await rpc.call('tools/call', retry, extras)).message)).toContain('accept');
  expect(JSON.stringify((await rpc.call('tools/call', retry, extras)).message)).toContain('unknown, used');
  expect(JSON.stringify((await rpc.call('tools/call', params, extras)).message)).toContain('BUDGET_EXCEEDED');
  await stop();
});

it('a model that repeats itself is stopped and told how to go on; a tool that may repeat is not', async () => {
  const rules = withPrincipals(
    {
      default: ALL,
      calm: { ...ALL, loop_breaker: false },
      coder: { ...ALL, code: true, budget: { calls: 2, per: 'day' } },
    },
    { defaults: { loop_breaker: true } },
  );
  const { rpc, stop, home } = await serveStdio({ servers: servers({ calc }), rules });
  const model = async (tool: string, agent_id = 'default', more: object = {}): Promise<string[]> => {
    const said: string[] = [];
    for (let n = 0; n < 7; n++) said.push(codeOf(await execute(rpc, { agent_id, server: 'calc', tool, ...more })));
    return said;
  };
  const stopped = [...Array<string>(5).fill('ok'), 'REPEATED_CALL', 'REPEATED_CALL'];
  expect(await model('label')).toEqual(stopped);
  expect(new Set(await model('status'))).toEqual(new Set(['ok']));
  expect(new Set(await model('label', 'calm'))).toEqual(new Set(['ok']));
  // Each has a handle of its own, and is the same answer.
  expect(await model('says_many_words', 'default', { max_result_tokens: 1 })).toEqual(stopped);
  // A program is no call: its calls are.
  const code = 'return [await servers.calc.status(), await servers.calc.label()].length';
  expect(textOf(await callTool(rpc, 'run_code', { agent_id: 'coder', code }))).toContain('2');
  const error = errorOf(await execute(rpc, { server: 'calc', tool: 'label' }));
  expect(error.message).toMatch(/^This call was made 5 times in a row .* Use the answer that you have/);
  expect(auditRecords(home)).toContainEqual(
    expect.objectContaining({ tool: 'label', decision: 'DENY', error_code: 'REPEATED_CALL' }),
  );
  await stop();
});
