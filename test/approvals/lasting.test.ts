/** Questions about calls outlive what happens meanwhile: restarts, reloads, servers that die, other callers and processes. */
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ALL,
  ASK,
  type AskingHome,
  askingHome,
  type Front,
  OTHER_TOKEN,
  openFront,
  type Setting,
  sum,
} from '../support/approvals.ts';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { processesOf, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { errorOf, execute, executeText, textOf } from '../support/tools.ts';

let left: Front['gateway'] | undefined;
afterEach(async () => {
  await left?.stop();
  left = undefined;
});

async function front(setting: Setting, where: AskingHome): Promise<Front> {
  const opened = await openFront(setting, where);
  left = opened.gateway;
  return opened;
}

async function http(where: AskingHome, ...args: string[]): Promise<HttpGateway> {
  const gateway = await serveHttp({ home: where.home, args });
  left = gateway;
  return gateway;
}

async function killed({ running }: Front['gateway']): Promise<void> {
  running.child.kill('SIGKILL');
  await running.exited;
}

it.each([
  ['before the answer', 'http', MODERN],
  ['after the answer', 'stdio', '2025-11-25'],
] as const)('kill -9 %s: exactly one execution (%s, %s)', async (when, transport, revision) => {
  const setting = [transport, revision] as const;
  const where = askingHome();
  const first = await openFront(setting, where);
  execute(first.rpc, sum(1)).catch(() => undefined);
  const [question] = await where.waiting();
  const id = question?.id ?? '';
  if (when === 'after the answer') {
    // Nobody takes it up any more.
    process.kill(first.gateway.running.pid, 'SIGSTOP');
    const other = await openFront(setting, where);
    expect(await where.say(id, { word: 'once' })).toBe('taken');
    await killed(other.gateway);
  }
  await killed(first.gateway);
  expect(where.calls()).toEqual([]);

  const { rpc } = await front(setting, where);
  if (when === 'before the answer') expect(await where.answer('once')).toBe(id);
  expect(await executeText(rpc, sum(1))).toBe('2');
  const again = execute(rpc, sum(1));
  expect(await where.answer('no')).not.toBe(id);
  expect(errorOf(await again).code).toBe('APPROVAL_DENIED');
  expect(where.calls()).toHaveLength(1);
});

describe.each([
  ['stdio', MODERN],
  ['http', '2025-11-25'],
] as const)('a reload while a call waits, over %s in %s', (...setting) => {
  it('refuses what is denied now, lets on what is allowed now, and keeps the question where nothing is changed', async () => {
    const where = askingHome();
    const { rpc, gateway } = await front(setting, where);
    let reloads = 0;
    const reload = async (...rules: Parameters<AskingHome['rules']>): Promise<void> => {
      where.rules(...rules);
      reloads++;
      const seen = (): number => gateway.running.stderr().split('configuration reloaded').length - 1;
      await until(() => seen() === reloads, 'a reload');
    };
    const denied = execute(rpc, sum(1));
    const [question] = await where.waiting();
    await reload(ASK, { defaults: { explain_denials: true } });
    expect((await where.waiting())[0]?.id).toBe(question?.id);
    await reload({ ...ASK, deny: { tools: { calc: ['add'] } } });
    expect(errorOf(await denied).code).toBe('DENIED_BY_POLICY');
    await where.waiting(0);

    await reload(ASK);
    const allowed = execute(rpc, sum(2));
    await where.waiting();
    await reload(ALL);
    expect(textOf(await allowed)).toBe('3');
    await where.waiting(0);

    await reload(ASK);
    const changed = execute(rpc, sum(3));
    const [before] = await where.waiting();
    await reload({ ...ALL, ask: { tools: { calc: ['add', 'label'] } } });
    await until(async () => (await where.waiting())[0]?.id !== before?.id, 'another question');
    expect(await where.say(before?.id ?? '', { word: 'once' })).toBe('unknown');
    await where.answer('once');
    expect(textOf(await changed)).toBe('4');
    expect(where.calls()).toHaveLength(2);
  });
});

it('a server that died meanwhile is started again, and called once', async () => {
  const where = askingHome();
  const { rpc, gateway } = await front(['stdio', MODERN], where);
  const waits = execute(rpc, sum(1));
  await where.waiting();
  const servers = processesOf(where.home.dir).filter((pid) => pid !== gateway.running.pid);
  expect(servers.length).toBeGreaterThan(0);
  for (const pid of servers) process.kill(pid, 'SIGKILL');
  await gateway.running.waitForStderr(/server disconnected/);
  await where.answer('once');
  const result = await waits;
  // If it could not be reached at once, the answer is still there for the same call.
  if (result.isError === true) expect(await executeText(rpc, sum(1))).toBe('2');
  else expect(textOf(result)).toBe('2');
  expect(where.calls()).toHaveLength(1);
});

it('two sessions with the same call have a question each, and so have two principals', async () => {
  const where = askingHome();
  const gateway = await http(where);
  const open = (revision: string, token = TOKEN) => openHttp(gateway.url, revision, { token });
  const callers = [
    await open('2025-11-25'),
    await open('2025-11-25'),
    await open(MODERN),
    await open(MODERN, OTHER_TOKEN),
  ];
  const calls = callers.map((rpc) => execute(rpc, sum(1)));
  const questions = await where.waiting(4);
  expect(new Set(questions.map(({ id }) => id)).size).toBe(4);
  const answers = questions.map(({ id }, at) => where.say(id, at === 3 ? { word: 'no' } : { word: 'once' }));
  expect(await Promise.all(answers)).toEqual(Array(4).fill('taken'));
  const results = await Promise.all(calls);
  expect(results.filter(({ isError }) => isError === true)).toHaveLength(1);
  expect(where.calls()).toHaveLength(3);
});

it('one session that makes the same call twice at once has one question, and one yes is for one of them', async () => {
  const where = askingHome();
  const { rpc } = await front(['stdio', '2025-11-25'], where);
  const calls = [execute(rpc, sum(1)), execute(rpc, sum(1))];
  await where.waiting();
  const first = await where.answer('once');
  await until(async () => (await where.waiting())[0]?.id !== first, 'the other call has a question of its own');
  await where.answer('no');
  const results = await Promise.all(calls);
  expect(results.filter(({ isError }) => isError === true)).toHaveLength(1);
  expect(where.calls()).toHaveLength(1);
});

it('with workers, one holds the call and any of them takes the answer', async () => {
  const where = askingHome();
  const gateway = await http(where, '--workers', '2');
  const callers = await Promise.all(Array.from({ length: 4 }, () => gateway.open()));
  const calls = callers.map((rpc, at) => execute(rpc, sum(at)));
  const questions = await where.waiting(4);
  for (const { id } of questions) expect(await where.say(id, { word: 'once' })).toBe('taken');
  expect((await Promise.all(calls)).map(textOf)).toEqual(['1', '2', '3', '4']);
  expect(where.calls()).toHaveLength(4);
});

it('many calls wait at once, and each gets its own answer', async () => {
  const where = askingHome();
  const { rpc } = await front(['stdio', MODERN], where);
  const calls = Array.from({ length: 60 }, (_, at) => execute(rpc, sum(at)));
  const questions = await where.waiting(60);
  await Promise.all(
    questions.map(({ id, arguments: [a] }) => {
      const isOdd = Number(a?.text) % 2 === 1;
      return where.say(id, isOdd ? { word: 'no', reason: `no to ${a?.text}` } : { word: 'once' });
    }),
  );
  for (const [at, result] of (await Promise.all(calls)).entries()) {
    expect(textOf(result)).toContain(at % 2 === 1 ? `no to ${at}` : String(at + 1));
  }
  expect(where.calls()).toHaveLength(30);
});
