/** Calls that a person is asked about, over both transports and in both generations. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, type StdioGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, type Json, linesOf, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { errorOf, execute, executeText, textOf } from '../support/tools.ts';

const ASK = { allow: { servers: ['*'] }, ask: { tools: { calc: ['add'] } } };
const principals = {
  tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], default: 'dev' },
  other: { token_sha256: sha256(`${TOKEN}-other`), may_assume: ['*'], default: 'dev' },
  local: { stdio: true, may_assume: ['*'], default: 'dev' },
};

interface Place {
  readonly home: Home;
  /** What the server did. */
  calls(): readonly string[];
  rules(agent: Json, more?: Json): void;
}

function place(agent: Json = ASK, more: Json = {}): Place {
  const home = makeHome({ servers: {}, rules: {} });
  const calls = path.join(home.dir, 'calls');
  const entry = fixture('calc', { CALLS_FILE: calls, TOOLS: 'other' });
  writeFileSync(home.servers, JSON.stringify(servers({ calc: entry })));
  const rules: Place['rules'] = (dev, rest = {}) =>
    writeFileSync(home.rules, JSON.stringify({ agents: { dev }, principals, ...rest }));
  rules(agent, more);
  return { home, calls: () => linesOf(calls), rules };
}

const sum = (a: number, b = 1) => ({ server: 'calc', tool: 'add', args: { a, b } });

const cli = ({ home }: Place, ...args: string[]) => runCli(['approvals', ...args], { env: home.env, cwd: home.cwd });

interface Listed {
  readonly id: string;
  readonly text: string;
  readonly arguments: readonly { readonly name: string; readonly text: string }[];
}

/** The questions that wait, once there are so many. */
async function waiting(where: Place, count = 1): Promise<readonly Listed[]> {
  let listed: readonly Listed[] = [];
  await until(async () => {
    listed = JSON.parse((await cli(where, 'list', '--json')).stdout) as Listed[];
    return listed.length === count;
  }, `${count} questions`);
  return listed;
}

async function answer(where: Place, word: string, ...more: string[]): Promise<string> {
  const [question] = await waiting(where);
  const { code, stderr } = await cli(where, 'answer', question?.id ?? '', word, ...more);
  expect([code, stderr]).toEqual([0, '']);
  return question?.id ?? '';
}

const SETTINGS = [
  ['stdio', '2025-11-25'],
  ['stdio', MODERN],
  ['http', '2025-11-25'],
  ['http', MODERN],
] as const;

interface Front {
  readonly where: Place;
  readonly rpc: Rpc;
  stop(): Promise<void>;
}

async function front(
  [transport, revision]: readonly ['stdio' | 'http', string],
  where: Place,
  capabilities: object = {},
): Promise<Front & { gateway: HttpGateway | StdioGateway }> {
  if (transport === 'stdio') {
    const gateway = await serveStdio({ home: where.home }, revision, capabilities);
    return { where, rpc: gateway.rpc, gateway, stop: gateway.stop };
  }
  const gateway = await serveHttp({ home: where.home });
  const rpc = await openHttp(gateway.url, revision, { token: TOKEN, capabilities });
  return { where, rpc, gateway, stop: gateway.stop };
}

describe.each(SETTINGS)('over %s in %s', (transport, revision) => {
  let it1: Front;
  beforeAll(async () => {
    it1 = await front([transport, revision], place());
  });
  afterAll(() => it1.stop());

  it('a call waits for an answer on the command line, and is executed once', async () => {
    const { where, rpc } = it1;
    const before = where.calls().length;
    const waits = execute(rpc, sum(1));
    const [question] = await waiting(where);
    expect(question?.text).toContain('"dev"');
    expect(question?.arguments).toEqual([
      { name: '"a"', text: '1' },
      { name: '"b"', text: '1' },
    ]);
    expect(where.calls()).toHaveLength(before);
    const id = await answer(where, 'once');
    expect(textOf(await waits)).toBe('2');
    expect(where.calls()).toHaveLength(before + 1);
    const again = await cli(where, 'answer', id, 'once');
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('No question')]);
  });

  it('a no is told with its reason', async () => {
    const { where, rpc } = it1;
    const before = where.calls().length;
    const waits = execute(rpc, sum(2));
    await answer(where, 'no', '--reason', 'Not on a Friday.');
    const { code, message } = errorOf(await waits);
    expect([code, message]).toEqual(['APPROVAL_DENIED', expect.stringContaining('"Not on a Friday."')]);
    expect(errorOf(await execute(rpc, sum(2))).code).toBe('APPROVAL_DENIED');
    expect(where.calls()).toHaveLength(before);
  });

  it('an answer for an hour covers other arguments, and nothing that is not asked about waits', async () => {
    const { where, rpc } = it1;
    expect(await executeText(rpc, { server: 'calc', tool: 'other' })).toBe('other');
    const waits = execute(rpc, sum(3));
    await answer(where, 'hour');
    expect(textOf(await waits)).toBe('4');
    expect(await executeText(rpc, sum(40))).toBe('41');
  });

  it('question and answer are records', async () => {
    const records = await auditRecords(it1.where.home);
    const about = records.filter(({ operation }) => String(operation).startsWith('approval_'));
    expect(about.slice(0, 2)).toEqual([
      expect.objectContaining({
        operation: 'approval_asked',
        decision: 'ASK',
        agent_id: 'dev',
        server: 'calc',
        tool: 'add',
      }),
      expect.objectContaining({
        operation: 'approval_answered',
        decision: 'ALLOW',
        rule: 'agents.dev.ask.tools.calc[0]',
        detail: expect.objectContaining({ answer: 'once', way: 'cli' }),
      }),
    ]);
    expect(JSON.stringify(records)).not.toContain('Friday');
  });
});
