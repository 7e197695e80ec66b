/** Programs of agents, over both transports and in both generations: each of their calls is a call like any other. */
import { hash } from 'node:crypto';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskingHome, askingHome, FORMS, type Front, openFront, SETTINGS } from '../support/approvals.ts';
import { serveHttp } from '../support/gateway.ts';
import { auditRecords } from '../support/home.ts';
import { MODERN, type RequestExtras, type Rpc } from '../support/rpc.ts';
import { call, callTool, errorOf, resultOf, type ToolResult, textOf, toolNames } from '../support/tools.ts';

/** Adding is asked about, and one tool is denied. */
const ASKED = { allow: { servers: ['*'] }, ask: { tools: { calc: ['add'] } }, deny: { tools: { calc: ['label'] } } };
const LIMITS = { max_calls: 5, cpu_ms: 200 };

/** Two of them have all transports and generations; the long suite has all four. */
const CORNERS =
  process.env['LONG'] === '1'
    ? SETTINGS
    : SETTINGS.filter(([transport, revision]) => (transport === 'stdio') === (revision === MODERN));

describe.each(CORNERS)('over %s in %s, a program', (...setting) => {
  const [transport, revision] = setting;
  let where: AskingHome;
  let front: Front;
  beforeAll(async () => {
    where = askingHome({ ...ASKED, code: LIMITS });
    front = await openFront(setting, where);
  });
  afterAll(() => front.gateway.stop());
  const run = (code: string, more: object = {}, extras?: RequestExtras): Promise<ToolResult> =>
    callTool(front.rpc, 'run_code', { code, ...more }, extras);

  it('is offered, calls, and returns one value', async () => {
    const { message } = await front.rpc.call('tools/list');
    const names = (message.result as { tools: { name: string }[] }).tools.map(({ name }) => name);
    expect(names).toContain('run_code');
    expect(textOf(await run('return [await servers.calc.other(), (await tools.search("add numbers"))[0].tool]'))).toBe(
      '["other","add"]',
    );
    expect(textOf(await run('return await tools.describe("calc", "add")'))).toBe(
      '"/** Adds two numbers */ add(args: {a: number, b: number}): Promise<any>"',
    );
  });

  it('is refused what its agent is refused, and learns why calls fail', async () => {
    const code = `const said = []; for (const f of [() => servers.calc.label(), () => servers.none.x(), () => servers.calc.fail(),
      () => tools.call('calc', 'ad', {})]) try { await f() } catch (e) { said.push(e.code) }; return said`;
    expect(JSON.parse(textOf(await run(code)))).toEqual([
      'DENIED_BY_POLICY',
      'SERVER_UNAVAILABLE',
      'TOOL_FAILED',
      'TOOL_NOT_FOUND',
    ]);
    const { code: failed, message } = errorOf(await run('const x = 1;\nawait servers.calc.label()'));
    expect(failed).toBe('PROGRAM_FAILED');
    expect(message).toMatch(/^DENIED_BY_POLICY: .*It had made 1 call/);
    expect(errorOf(await run('const x = 1;\n  x.y.z')).message).toMatch(/^TypeError: .* at line 2, column 6/);
    expect(errorOf(await run('for (;;);')).message).toMatch(/^The program computed longer than it may/);
    expect(errorOf(await run('await sleep(5000)', { timeout_ms: 50 })).code).toBe('TIMEOUT');
    const many =
      'return (await Promise.allSettled([...Array(7)].map(() => servers.calc.other()))).map((r) => r.status)';
    expect(JSON.parse(textOf(await run(many))).filter((one: string) => one === 'rejected')).toHaveLength(2);
  });

  it('leaves the records that its calls leave alone, joined to its own', async () => {
    const code = 'await servers.calc.other(); return 1 // records';
    await run(code);
    await callTool(front.rpc, 'execute_tool', { server: 'calc', tool: 'other' });
    const program = hash('sha256', code, 'hex');
    const records = (await auditRecords(where.home)).slice(-6);
    const own = records.filter(({ operation }) => operation === 'run_code');
    const calls = records.filter(({ operation }) => operation === 'execute_tool');
    const [first] = own;
    expect(own.map(({ phase }) => phase)).toEqual(['decided', 'finished']);
    expect(first?.['detail']).toMatchObject({ program });
    expect(calls.slice(0, 2)).toEqual(
      ['decided', 'finished'].map((phase) =>
        expect.objectContaining({ phase, parent_request_id: first?.['request_id'], program }),
      ),
    );
    const same = ['operation', 'decision', 'agent_id', 'server', 'tool', 'rule', 'error_code', 'phase', 'detail'];
    const pick = (record: Record<string, unknown>) => same.map((key) => record[key]);
    expect(calls.slice(0, 2).map(pick)).toEqual(calls.slice(2).map(pick));
  });

  it('waits for the person who is asked about one of its calls, and goes on', async () => {
    const waits = run('const a = await servers.calc.other(); return [a, await servers.calc.add({ a: 1, b: 2 })]');
    const [question] = await where.waiting();
    expect(question).toMatchObject({ server: 'calc', name: 'add', arguments: [{ text: '1' }, { text: '2' }] });
    await where.answer('once');
    expect(textOf(await waits)).toBe('["other",3]');
    const refused = run('return await servers.calc.add({ a: 5, b: 2 }).catch((e) => e.code)');
    await where.answer('no');
    expect(textOf(await refused)).toBe('"APPROVAL_DENIED"');
  });

  it('tells its progress', async () => {
    const heard: unknown[] = [];
    const extras = {
      meta: { progressToken: 'p' },
      onNotification: ({ params }: { params?: object }) => void heard.push(params),
    };
    await run('await servers.calc.other(); await servers.calc.other()', {}, extras);
    expect(heard).toMatchObject([1, 2].map((progress) => ({ progress, message: 'calc other' })));
  });

  it.each(['undefined', 'null', '5', '"x"', '[1]', '{ server: 5 }'])(
    'hurts nobody else where what it asks for is %s',
    async (made) => {
      const code = `Object.prototype.toJSON = () => (${made});
        const failed = await servers.calc.other().catch((e) => e.code);
        delete Object.prototype.toJSON; return [failed, await servers.calc.other()]`;
      const result = await run(code, {}, { meta: { progressToken: 'p' } });
      expect(JSON.parse(textOf(result))).toEqual(['INVALID_ARGUMENTS', 'other']);
    },
  );

  it('is ended when its caller cancels', async () => {
    const code = 'await servers.calc.other(); for (;;) await sleep(1) // cancelled';
    const exchange = front.rpc.start('tools/call', { name: 'run_code', arguments: { code } });
    const program = hash('sha256', code, 'hex');
    await expect
      .poll(async () => (await auditRecords(where.home)).at(-1))
      .toMatchObject({ program, phase: 'finished' });
    const cancelledAt = Date.now();
    exchange.cancel();
    const lastOne = async () => (await auditRecords(where.home)).at(-1);
    await expect.poll(lastOne, { interval: 5 }).toMatchObject({ operation: 'run_code', error_code: 'CANCELLED' });
    const last = await lastOne();
    expect(Date.parse(String(last?.['timestamp'])) - cancelledAt).toBeLessThan(100);
  });

  it.runIf(transport === 'http' && revision === MODERN)('goes on for a caller whose connection was gone', async () => {
    const code = 'const a = await servers.calc.other(); return [a, await servers.calc.add({ a: 7, b: 2 })]';
    const before = where.calls().length;
    const first = front.rpc.start('tools/call', { name: 'run_code', arguments: { code } });
    await where.waiting();
    first.cancel();
    await where.answer('once');
    expect(textOf(await run(code))).toBe('["other",9]');
    expect(where.calls().slice(before)).toEqual(['other {}', 'add {"a":7,"b":2}']);
  });

  it.runIf(revision === MODERN)('asks the user of its caller, and goes on with the answer', async () => {
    const code = 'const a = await servers.calc.other(); return [a, await servers.calc.add({ a: 8, b: 2 })]';
    const before = where.calls().length;
    const extras = { meta: { 'io.modelcontextprotocol/clientCapabilities': FORMS } };
    const params = { name: 'run_code', arguments: { code } };
    const asked = resultOf(await front.rpc.call('tools/call', params, extras));
    expect(asked).toMatchObject({
      resultType: 'input_required',
      inputRequests: { approval: { method: 'elicitation/create' } },
    });
    const approval = { action: 'accept', content: { answer: 'once' } };
    const retry = { ...params, requestState: asked['requestState'], inputResponses: { approval } };
    expect(textOf(resultOf(await front.rpc.call('tools/call', retry, extras)))).toBe('["other",10]');
    expect(where.calls().slice(before)).toEqual(['other {}', 'add {"a":8,"b":2}']);
    expect(errorOf(resultOf(await front.rpc.call('tools/call', retry, extras))).code).toBe('UNKNOWN_HANDLE');
  });

  it('is offered in each view that has gateway tools, and can be run in no other', async () => {
    const names = async (): Promise<readonly string[]> => toolNames(front.rpc);
    where.rules({ ...ASKED, code: true, execute: 'split' });
    await expect.poll(names).toContain('execute_read');
    expect(await names()).toContain('run_code');
    expect(textOf(await run('return await servers.calc.other()'))).toBe('"other"');
    where.rules({ ...ASKED, code: true, expose: 'direct' });
    await expect.poll(names).not.toContain('execute_read');
    expect(await names()).not.toContain('run_code');
    expect(errorOf(await run('return 1')).code).toBe('TOOL_NOT_FOUND');
    where.rules({ ...ASKED, code: LIMITS });
    await expect.poll(names).toContain('execute_tool');
  });

  it('returns a large value cut, with a handle to read on', async () => {
    const result = await run('return "word ".repeat(3000)', { max_result_tokens: 100 });
    const hint = result.content[0]?.text ?? '';
    const handle = /handle: "([^"]+)"/.exec(hint)?.[1];
    expect(handle).toBeDefined();
    const more = await callTool(front.rpc, 'read_result', { handle, offset: 10, max_result_tokens: 20 });
    expect(more.content[0]?.text).toContain('word word');
  });
});

it('with workers, a program that waits is gone on with, whichever of them is asked again', async () => {
  const where = askingHome({ ...ASKED, code: true });
  const gateway = await serveHttp({ home: where.home, args: ['--workers', '2'] });
  const open = (): Promise<Rpc> => gateway.open(MODERN);
  for (let n = 0; n < 2; n++) {
    const params = {
      code: `const a = await servers.calc.other(); return [a, await servers.calc.add({ a: ${n}, b: 2 })]`,
    };
    const first = (await open()).start('tools/call', { name: 'run_code', arguments: params });
    await where.waiting();
    first.cancel();
    await where.answer('once');
    expect(textOf(await callTool(await open(), 'run_code', params))).toBe(`["other",${n + 2}]`);
  }
  expect(where.calls().filter((call) => call.startsWith('other'))).toHaveLength(2);
  await gateway.stop();
});

it('limits of the agent count the program once, and each of its calls', async () => {
  const where = askingHome({ ...ASKED, code: true, limits: { calls_per_minute: 6, concurrent_calls: 2 } });
  const front = await openFront(['stdio', MODERN], where);
  const code = `const all = await Promise.allSettled([...Array(3)].map(() => servers.calc.other()));
    const one = async () => { try { await servers.calc.other(); return 'done' } catch (e) { return e.code + e.message.slice(0, 30) } };
    return [all.map(({ reason }) => reason?.message), await one(), await one(), await one(), await one()]`;
  const [atOnce, ...others] = JSON.parse(textOf(await callTool(front.rpc, 'run_code', { code }))) as [
    string[],
    ...string[],
  ];
  expect(atOnce).toEqual([null, null, expect.stringMatching(/2 calls running/)]);
  expect(others).toEqual(['done', 'done', 'done', expect.stringMatching(/^RATE_LIMITED.*6 calls/)]);
  expect(errorOf(await callTool(front.rpc, 'run_code', { code })).message).toMatch(/may make 6 calls per minute/);
  await front.gateway.stop();
});

describe('an agent that may not', () => {
  it('sees no run_code, and cannot call it', async () => {
    const where = askingHome(ASKED);
    const front = await openFront(['stdio', MODERN], where);
    const { text } = await front.rpc.call('tools/list');
    expect(text).not.toContain('run_code');
    const answer = await call(front.rpc, 'run_code', { code: 'return 1' });
    expect(errorOf(resultOf(answer)).code).toBe('TOOL_NOT_FOUND');
    await front.gateway.stop();
  });
});
