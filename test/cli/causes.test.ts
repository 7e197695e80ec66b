/**
 * What a 2025 program asks names no call. It is put to nobody whose call did not lead to it, however the calls of several clients
 * overlap and whether or not their callers still wait.
 */
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { CAPABILITIES, type Caller, createCaller, httpWire, stdioWire } from '../matrix/caller.ts';
import { resultOf, said } from '../matrix/feature.ts';
import { type Gateway, type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { type Exchange, MODERN } from '../support/rpc.ts';

const LEGACY = '2025-11-25';
const PROGRAM = { command: process.execPath, args: [fixturePath('matrix-server'), 'legacy', 'stdio', 'program'] };
const SETUP = {
  servers: servers({
    program: PROGRAM,
    own_program: { ...PROGRAM, sharing: 'per-call' },
    single_program: { ...PROGRAM, sharing: 'per-call', max_instances: 1 },
  }),
  rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  env: { GATEWAY_INIT_STRATEGY: 'lazy' },
};
const REFUSED = /^refused: .*does not offer elicitation\/create/;

let gateway: Gateway;
const callers: Caller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.close();
  await gateway.stop();
});

function params(tool: string, key: string): object {
  return { name: 'execute_tool', arguments: { server: 'program', tool, args: { key } } };
}

function askUser(server: string): object {
  return { name: 'execute_tool', arguments: { server, tool: 'ask_user', args: { message: 'Who?' } } };
}

async function happened(caller: Caller, event: string): Promise<void> {
  const wait = { server: 'program', tool: 'happened', args: { event } };
  said(await caller.call('tools/call', { name: 'execute_tool', arguments: wait }));
}

/** Begins a call of `ask_late`; it has arrived at the program, and has not asked yet. */
async function begin(caller: Caller, key: string): Promise<Exchange> {
  const exchange = caller.start('tools/call', params('ask_late', key));
  await happened(caller, `started ${key}`);
  return exchange;
}

/** The same, and its caller has given it up. */
async function giveUp(caller: Caller, key: string): Promise<void> {
  (await begin(caller, key)).cancel();
  await happened(caller, `cancelled ${key}`);
}

/** Has the question asked while this caller waits for what comes of it. */
async function settle(caller: Caller, key: string): Promise<string> {
  return said(await caller.call('tools/call', params('settle', key)));
}

function questionsOf({ questions }: Caller): string[] {
  return questions.flatMap(({ message }) => (message.method === 'elicitation/create' ? [message.method] : []));
}

describe('over HTTP, clients with one token', () => {
  async function start(...revisions: string[]): Promise<Caller[]> {
    const started: HttpGateway = await serveHttp(SETUP);
    gateway = started;
    for (const revision of revisions) {
      const rpc = await openHttp(started.url, revision, { token: TOKEN, capabilities: CAPABILITIES });
      callers.push(createCaller(httpWire(rpc)));
    }
    return callers;
  }

  it('2026-07-28: with calls of two open, neither is asked, and the log says why; one at a time is', async () => {
    const [one, other] = await start(MODERN, MODERN);
    if (one === undefined || other === undefined) throw new Error('No callers.');
    const open = await begin(one, 'first');
    expect(await settle(other, 'first')).toMatch(REFUSED);
    expect(said(await open.answer)).toMatch(REFUSED);
    expect(questionsOf(other)).toEqual([]);
    await gateway.running.waitForStderr(/A question of the server was refused: it names no call/);

    for (const caller of [one, other]) {
      expect(said(await caller.call('tools/call', askUser('program')))).toMatch(/^user: accept/);
      expect(questionsOf(caller)).toHaveLength(1);
    }
  });

  it.each([
    ['program', 'is refused'],
    ['single_program', 'is refused where there may be no other connection'],
    ['own_program', 'is asked on a connection of its own, if each call has one'],
  ] as const)(
    '2026-07-28: while a call of one waits for its answer, what another leads to (%s) %s',
    async (server, outcome) => {
      const [one, other] = await start(MODERN, MODERN);
      if (one === undefined || other === undefined) throw new Error('No callers.');
      const isAsked = outcome.startsWith('is asked');
      const asked = await one.start('tools/call', askUser(server)).answer;
      const { requestState, inputRequests } = resultOf(asked) as { requestState: string; inputRequests: object };
      const answers = await Promise.all([other, other].map((caller) => caller.call('tools/call', askUser(server))));
      for (const answer of answers) {
        if (isAsked) expect(said(answer)).toMatch(/^user: accept/);
        else expect(answer.text).toContain('does not offer elicitation/create');
      }
      expect(questionsOf(other)).toHaveLength(isAsked ? 2 : 0);
      const inputResponses = { [Object.keys(inputRequests)[0] ?? '']: { action: 'decline' } };
      const retry = { ...askUser(server), requestState, inputResponses };
      expect(said(await one.start('tools/call', retry).answer)).toMatch(/^user: decline/);
    },
  );

  it.each([MODERN, LEGACY])('%s: a call that one gave up does not have another asked', async (revision) => {
    const [one, other] = await start(revision, revision);
    if (one === undefined || other === undefined) throw new Error('No callers.');
    await giveUp(one, 'first');
    expect(await settle(other, 'first')).toMatch(REFUSED);
    expect(questionsOf(other)).toEqual([]);
  });

  it('2025-11-25: the session whose call it is gets it, whichever of its calls are still open', async () => {
    const [one] = await start(LEGACY, LEGACY);
    if (one === undefined) throw new Error('No callers.');
    await giveUp(one, 'first');
    expect(await settle(one, 'first')).toBe('accept');
  });
});

it('over stdio there is one client, which is asked, whichever of its calls are open', async () => {
  const started = await serveStdio(SETUP, MODERN, CAPABILITIES);
  gateway = started;
  const caller = createCaller(stdioWire(started.rpc));
  callers.push(caller);
  const open = await begin(caller, 'first');
  expect(await settle(caller, 'first')).toBe('accept');
  expect(said(await open.answer)).toBe('accept');
});
