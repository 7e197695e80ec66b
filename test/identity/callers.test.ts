/** What servers ask finds the caller whose call caused it, and nobody else, however many callers there are at one time. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITIES, type Caller, createCaller, httpWire } from '../matrix/caller.ts';
import { said } from '../matrix/feature.ts';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { type Json, servers, sha256 } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { type Running, startHttpFixture } from '../support/process.ts';
import type { Answer } from '../support/rpc.ts';

const ERAS = ['legacy', 'modern'] as const;
const REVISION = { legacy: '2025-11-25', modern: '2026-07-28' } as const;
/** Principals; each has two sessions of 2025, and one caller of 2026-07-28, which has no sessions to tell callers apart by. */
const PRINCIPALS = ['ada', 'bob'] as const;
const ROUNDS = 6;

const tokenOf = (principal: string): string => `token-of-${principal}-`.padEnd(48, 'x');

interface Party {
  readonly name: string;
  readonly caller: Caller;
  /** Everything that ever arrived at it. */
  readonly all: string[];
}

let gateway: HttpGateway;
let http: Record<(typeof ERAS)[number], { url: string } & Running>;
const parties: Party[] = [];

beforeAll(async () => {
  const [legacy, modern] = await Promise.all(ERAS.map((era) => startHttpFixture('matrix-server', era, 'http', era)));
  if (legacy === undefined || modern === undefined) throw new Error('No servers.');
  http = { legacy, modern };
  const program = (era: string, more: Json = {}): Json => ({
    command: process.execPath,
    args: [fixturePath('matrix-server'), era, 'stdio', era],
    ...more,
  });
  gateway = await serveHttp({
    servers: servers({
      legacy_program: program('legacy'),
      modern_program: program('modern'),
      legacy_http: { url: legacy.url },
      legacy_http_shared: { url: legacy.url, sharing: 'shared' },
      modern_http: { url: modern.url },
      shared_program: program('legacy', { sharing: 'shared' }),
    }),
    rules: {
      agents: { default: { allow: { servers: ['*'] } } },
      principals: Object.fromEntries(
        PRINCIPALS.map((name) => [
          name,
          { token_sha256: sha256(tokenOf(name)), default: 'default', may_assume: ['default'] },
        ]),
      ),
    },
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
  for (const principal of PRINCIPALS) {
    for (const era of ERAS) {
      for (const session of era === 'legacy' ? [1, 2] : [1]) {
        const rpc = await openHttp(gateway.url, REVISION[era], {
          token: tokenOf(principal),
          capabilities: CAPABILITIES,
        });
        const name = `${principal}-${era}-${session}`;
        const all: string[] = [];
        parties.push({ name, caller: createCaller(httpWire(rpc)), all });
      }
    }
  }
});
afterAll(async () => {
  for (const { caller } of parties) await caller.close();
  await gateway.stop();
  await Promise.all([http.legacy.stop('SIGTERM'), http.modern.stop('SIGTERM')]);
});

/** Asks a tool of a server that asks its caller with this canary, and gives what came of it. */
async function ask(party: Party, server: string, canary: string): Promise<string> {
  const args = { server, tool: 'ask_user', args: { message: canary } };
  const answer: Answer = await party.caller.call('tools/call', { name: 'execute_tool', arguments: args });
  party.all.push(answer.text);
  return said(answer);
}

/** Each caller answers with its own name, after others had time to be asked too. */
function answering<T>(body: () => Promise<T>): Promise<T> {
  return parties.reduce<() => Promise<T>>(
    (inner, { name, caller }) =>
      () =>
        caller.responding('elicitation/create', () => ({ action: 'accept', content: { name } }), inner),
    body,
  )();
}

/** What a party heard that is not about it. */
function strangeTo({ name, caller, all }: Party): string[] {
  const texts = [...caller.heard.map(({ text }) => text), ...caller.questions.map(({ text }) => text), ...all];
  return texts.filter((text) => text.includes('canary-') && !text.includes(`canary-${name}-`));
}

describe.each(['legacy_program', 'modern_program', 'legacy_http', 'legacy_http_shared', 'modern_http'])(
  '%s',
  (server) => {
    it('asks the caller whose call it works on, with many at one time', async () => {
      const outcomes = await answering(() =>
        Promise.all(
          parties.flatMap((party) =>
            Array.from({ length: ROUNDS }, async (_, round) => {
              const canary = `canary-${party.name}-${server}-${round}`;
              const outcome = await ask(party, server, canary).catch((error: unknown) => String(error));
              return { name: party.name, outcome };
            }),
          ),
        ),
      );
      for (const { name, outcome } of outcomes) {
        // Over one connection without a link between call and question, it is refused rather than put to somebody else.
        if (server === 'legacy_program')
          expect(outcome).toMatch(new RegExp(`"${name}"|does not offer elicitation/create`));
        else expect(outcome).toBe(`user: accept {"name":"${name}"}`);
      }
      for (const party of parties) expect(strangeTo(party), party.name).toEqual([]);
    });
  },
);

describe('a program that several principals share', () => {
  it('is offered nothing to ask for', async () => {
    for (const { caller, name } of parties) {
      const call = (tool: string, args: object): Promise<Answer> =>
        caller.call('tools/call', { name: 'execute_tool', arguments: { server: 'shared_program', tool, args } });
      expect(said(await call('declared', {})), name).toBe('{}');
      const from = caller.questions.length;
      const refused = await call('demand', {
        method: 'elicitation/create',
        params: { message: `canary-${name}-shared` },
      });
      expect(said(refused)).toContain('does not offer elicitation/create');
      expect(caller.questions).toHaveLength(from);
    }
  });

  it('is one process for all of them', async () => {
    const pids = await Promise.all(
      parties.map(async ({ caller }) => {
        const params = { server: 'shared_program', tool: 'process', args: {} };
        return said(await caller.call('tools/call', { name: 'execute_tool', arguments: params }));
      }),
    );
    expect(new Set(pids).size).toBe(1);
  });
});

describe('ids', () => {
  it("of questions differ within a session, and an answer of another session is nobody's", async () => {
    const [victim, attacker] = [parties[0], parties[3]];
    if (victim === undefined || attacker === undefined) throw new Error('No parties.');
    expect(victim.name.split('-')[0]).not.toBe(attacker.name.split('-')[0]);
    const from = victim.caller.heard.length;
    await victim.caller.responding(
      'elicitation/create',
      () => undefined,
      async () => {
        const args = { server: 'legacy_http', tool: 'ask_user', args: { message: `canary-${victim.name}-ids` } };
        const call = victim.caller.start('tools/call', { name: 'execute_tool', arguments: args });
        const { message } = await victim.caller.hears(({ id }) => id !== undefined, from);
        const forged = { jsonrpc: '2.0', id: message.id, result: { action: 'accept', content: { name: 'forged' } } };
        await attacker.caller.send(JSON.stringify(forged));
        await victim.caller.send(JSON.stringify({ ...forged, result: { action: 'accept', content: { name: 'own' } } }));
        expect(said(await call.answer)).toBe('user: accept {"name":"own"}');
      },
    );
    const ids = victim.caller.questions.map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('a requestState of another principal, session or call resumes nothing', async () => {
    const [mine, others] = [parties[2], parties.filter(({ caller }) => caller.era === 'modern')];
    if (mine === undefined) throw new Error('No parties.');
    const params = (message: string): object => ({
      name: 'execute_tool',
      arguments: { server: 'legacy_http', tool: 'ask_user', args: { message } },
    });
    const message = `canary-${mine.name}-state`;
    const { message: first } = await mine.caller.start('tools/call', params(message)).answer;
    const { requestState, inputRequests } = first.result as { requestState: string; inputRequests: object };
    const inputResponses = {
      [Object.keys(inputRequests)[0] ?? '']: { action: 'accept', content: { name: mine.name } },
    };
    const retry = async ({ caller }: Party, said: string): Promise<Answer> =>
      caller.start('tools/call', { ...params(said), requestState, inputResponses }).answer;
    for (const other of others.filter(({ name }) => name.split('-')[0] !== mine.name.split('-')[0])) {
      expect((await retry(other, message)).message.error, other.name).toMatchObject({ code: -32602 });
    }
    expect((await retry(mine, 'another')).message.error).toMatchObject({ code: -32602 });
    expect(said(await retry(mine, message))).toBe(`user: accept {"name":"${mine.name}"}`);
    expect((await retry(mine, message)).message.error).toMatchObject({ code: -32602 });
  });
});
