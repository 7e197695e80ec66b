/** Audit (docs/audit.md): no forwarded call without a recorded decision, no released result without another record. */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { auditRecords, fileText, type Home, linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, type Kind, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { callTool, errorOf, execute, executeText, getTools, listServers } from '../support/tools.ts';

interface Bench {
  readonly home: Home;
  /** One line for each call that the server `calc` received. */
  calls(): string[];
  readonly events: string;
}

function bench(): Bench {
  const home = makeHome({
    rules: withPrincipals({ default: { allow: { servers: ['calc', 'slow'] }, deny: { tools: { calc: ['fail'] } } } }),
  });
  const calls = path.join(home.dir, 'calls');
  const events = path.join(home.dir, 'events');
  writeFileSync(
    home.servers,
    fileText(servers({ calc: fixture('calc', { CALLS_FILE: calls }), slow: fixture('slow', { EVENTS_FILE: events }) })),
  );
  // Only what a test calls is started.
  const env = { ...home.env, GATEWAY_INIT_STRATEGY: 'lazy' };
  return { home: { ...home, env }, calls: () => linesOf(calls), events };
}

const FIELDS = [
  'timestamp',
  'agent_id',
  'operation',
  'server',
  'tool',
  'decision',
  'latency_ms',
  'request_id',
  'rule',
  'error_code',
  'principal',
  'claimed_agent',
  'assurance',
  'phase',
  'writer',
  'seq',
  'prev',
];

overMatrix(CORNERS, (kind) => {
  it('every operation leaves records with every field', async () => {
    const { home } = bench();
    const front = await open(kind, { home });
    await listServers(front.rpc);
    await getTools(front.rpc, { server: 'calc' });
    await executeText(front.rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } });
    await execute(front.rpc, { server: 'calc', tool: 'fail' });
    await execute(front.rpc, { server: 'nowhere', tool: 'x', agent_id: 'unknown' });
    await execute(front.rpc, { server: 'calc', tool: 'nothing' });
    const records = auditRecords(home).filter(({ operation }) =>
      /^(list_servers|get_server_tools|execute_tool)$/.test(String(operation)),
    );
    for (const record of records) {
      expect(Object.keys(record)).toEqual(expect.arrayContaining(FIELDS));
      expect(record['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(record['latency_ms']).toBeGreaterThanOrEqual(0);
    }
    const of = (decision: string, code: string | null): Record<string, unknown>[] =>
      records.filter((record) => record['decision'] === decision && record['error_code'] === code);
    expect(of('ALLOW', null).map(({ operation, phase }) => `${String(operation)} ${String(phase)}`)).toEqual(
      expect.arrayContaining([
        'list_servers finished',
        'get_server_tools finished',
        'execute_tool decided',
        'execute_tool finished',
      ]),
    );
    expect(of('DENY', 'DENIED_BY_POLICY')[0]).toMatchObject({
      server: 'calc',
      tool: 'fail',
      rule: 'agents.default.deny.tools.calc[0]',
    });
    expect(of('DENY', 'INVALID_AGENT_ID')[0]).toMatchObject({ claimed_agent: 'unknown', agent_id: null });
    expect(of('ERROR', 'TOOL_NOT_FOUND')[0]).toMatchObject({ server: 'calc', tool: 'nothing', phase: 'finished' });
    const verified = await runCli(['audit', 'verify', home.audit], { env: home.env, cwd: home.cwd });
    expect(verified.code).toBe(0);
    await front.stop();
  });

  it('a record is written before the call is forwarded, and another before its result is released', async () => {
    const { home, events } = bench();
    const front = await open(kind, { home });
    const exchange = front.rpc.start('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'slow', tool: 'wait', args: { key: 'k' } },
    });
    await until(() => linesOf(events).includes('call wait k'), 'the call arrived');
    const phases = (): unknown[] =>
      auditRecords(home)
        .filter(({ tool }) => tool === 'wait')
        .map(({ phase }) => phase);
    expect(phases()).toEqual(['decided']);
    await executeText(front.rpc, { server: 'slow', tool: 'release', args: { key: 'k' } });
    await exchange.answer;
    expect(phases()).toEqual(['decided', 'finished']);
    const [decided, finished] = auditRecords(home).filter(({ tool }) => tool === 'wait');
    expect(decided?.['request_id']).toBe(finished?.['request_id']);
    await front.stop();
  });

  it('argument values are not logged, names and sizes are', async () => {
    const { home } = bench();
    const front = await open(kind, { home });
    await execute(front.rpc, {
      server: 'calc',
      tool: 'label',
      args: { password: 'hunter2-hunter2', 'weird\u001b[31m\u202e': 1 },
    });
    const log = readFileSync(home.audit, 'utf8');
    expect(log).not.toContain('hunter2');
    expect(log).toContain('password');
    expect(log).not.toContain('\u001b');
    expect(log).not.toContain('\u202e');
    await front.stop();
  });

  it('control characters in names cannot forge a line', async () => {
    const { home } = bench();
    const front = await open(kind, { home });
    const forged = `x\n{"operation":"forged"}\r\u2028\u001b[2J\u202e`;
    await execute(front.rpc, { server: forged, tool: forged });
    await callTool(front.rpc, 'list_servers', { agent_id: forged });
    const log = readFileSync(home.audit, 'utf8');
    for (const line of log.split('\n')) expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(auditRecords(home).every(({ operation }) => operation !== 'forged')).toBe(true);
    expect(auditRecords(home).some(({ server }) => server === forged)).toBe(true);
    await front.stop();
  });
});

/** The ways in which a log cannot be written from the start. */
const UNWRITABLE: readonly (readonly [string, (home: Home) => string])[] = [
  ['a full disk', () => '/dev/full'],
  ['a directory in its place', (home) => home.cwd],
];

describe.runIf(process.platform === 'linux')('an audit log that cannot be written', () => {
  const refusedBy = async (kind: Kind, target: (home: Home) => string): Promise<void> => {
    const { home, calls } = bench();
    let front: Front | undefined;
    try {
      front = await open(kind, { home, env: { GATEWAY_AUDIT_LOG: target(home) } });
    } catch {
      // Not to start is a refusal as well.
      expect(calls()).toEqual([]);
      return;
    }
    const result = await execute(front.rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } });
    expect(errorOf(result).code).toBe('AUDIT_UNAVAILABLE');
    expect(calls()).toEqual([]);
    front.running.child.kill('SIGTERM');
    await front.running.exited;
    home.remove();
  };

  overMatrix(CORNERS, (kind) => {
    it.each(UNWRITABLE)('%s: AUDIT_UNAVAILABLE, and nothing is forwarded', (_what, target) => refusedBy(kind, target));
  });

  it('that comes back: the gateway goes on by itself', async () => {
    const { home, calls } = bench();
    const logs = path.join(home.dir, 'logs');
    mkdirSync(logs);
    const env = { GATEWAY_AUDIT_LOG: path.join(logs, 'audit.jsonl') };
    const front = await open({ transport: 'stdio', revision: '2026-07-28' }, { home, env });
    const add = { server: 'calc', tool: 'add', args: { a: 1, b: 2 } };
    expect(await executeText(front.rpc, add)).toBe('3');
    // The directory is gone, and nothing can be made in its place.
    renameSync(logs, `${logs}-away`);
    writeFileSync(logs, '');
    expect(errorOf(await execute(front.rpc, add)).code).toBe('AUDIT_UNAVAILABLE');
    expect(calls()).toHaveLength(1);
    renameSync(logs, `${logs}-file`);
    renameSync(`${logs}-away`, logs);
    expect(await executeText(front.rpc, add)).toBe('3');
    await front.stop();
  });

  it('that breaks before the result: the error says that the call was executed', async () => {
    const { home, calls } = bench();
    const logs = path.join(home.dir, 'logs');
    mkdirSync(logs);
    const audit = path.join(logs, 'audit.jsonl');
    const breaking = fixture('breaker', { BREAK: logs, CALLS_FILE: path.join(home.dir, 'calls') });
    writeFileSync(home.servers, fileText(servers({ calc: breaking })));
    const front = await open(
      { transport: 'stdio', revision: '2026-07-28' },
      { home, env: { GATEWAY_AUDIT_LOG: audit } },
    );
    const error = errorOf(await execute(front.rpc, { server: 'calc', tool: 'break' }));
    expect(error.code).toBe('AUDIT_UNAVAILABLE');
    expect(error.message).toContain('executed');
    expect(calls()).toEqual(['break']);
    await front.stop();
  });
});

it('the log is 0600, and several gateways append to one file', async () => {
  const { home } = bench();
  const fronts = await Promise.all(CORNERS.map((kind) => open(kind, { home })));
  await Promise.all(fronts.map((front) => Promise.all(Array.from({ length: 25 }, () => listServers(front.rpc)))));
  expect(statSync(home.audit).mode & 0o777).toBe(0o600);
  const writers = new Map<unknown, number[]>();
  for (const { writer, seq, operation } of auditRecords(home)) {
    if (operation === undefined) continue;
    writers.set(writer, [...(writers.get(writer) ?? []), Number(seq)]);
  }
  expect(writers.size).toBe(fronts.length);
  for (const numbers of writers.values()) {
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  }
  for (const front of fronts) {
    front.running.child.kill('SIGTERM');
    await front.running.exited;
  }
  home.remove();
});

it("postmark-mcp: a change in a server's tool definitions is a record", async () => {
  const { home } = bench();
  const list = path.join(home.dir, 'tools');
  writeFileSync(list, 'one,two');
  writeFileSync(home.servers, fileText(servers({ calc: fixture('changing', { TOOLS_FILE: list }) })));
  const front = await open({ transport: 'stdio', revision: '2025-11-25' }, { home });
  expect((await getTools(front.rpc, { server: 'calc' })).returned).toBe(3);
  writeFileSync(list, 'one,three');
  // `announce` sends notifications/tools/list_changed.
  await executeText(front.rpc, { server: 'calc', tool: 'announce' });
  await until(
    async () => (await getTools(front.rpc, { server: 'calc' })).tools.some(({ name }) => name === 'three'),
    'the catalogue follows',
  );
  await until(
    () => auditRecords(home).some((record) => JSON.stringify(record).includes('three') && record['server'] === 'calc'),
    'the change is recorded',
  );
  await front.stop();
});

it('a change while no gateway runs is a record of the next one', async () => {
  const { home } = bench();
  const list = path.join(home.dir, 'tools');
  writeFileSync(home.servers, fileText(servers({ calc: fixture('changing', { TOOLS_FILE: list }) })));
  for (const tools of ['one,two', 'one,two', 'one,three']) {
    writeFileSync(list, tools);
    const front = await open({ transport: 'stdio', revision: '2025-11-25' }, { home });
    await getTools(front.rpc, { server: 'calc' });
    front.running.child.stdin?.end();
    expect((await front.running.exited).code).toBe(0);
  }
  const changes = auditRecords(home).filter(({ operation }) => operation === 'definitions_changed');
  expect(changes).toMatchObject([
    { server: 'calc', detail: { added: ['three'], removed: ['two'], changed: [], while_running: false } },
  ]);
  home.remove();
});
