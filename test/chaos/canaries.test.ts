import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { makeHome, servers, sha256 } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { MODERN } from '../support/rpc.ts';
import { executeText } from '../support/tools.ts';
import { printTable, record, rounds, worker } from './support.ts';

afterAll(printTable);

const SESSIONS = rounds(20, 8);
const CALLS = rounds(200, 20);
const PRINCIPALS = 4;

const token = (principal: number): string => `token-of-principal-${principal}-${'x'.repeat(32)}`;

const RULES = {
  agents: { any: { allow: { servers: ['*'] } } },
  principals: Object.fromEntries(
    Array.from({ length: PRINCIPALS }, (_, at) => [`p${at}`, { token_sha256: sha256(token(at)), may_assume: ['any'] }]),
  ),
};

/** Which sessions may find what another one left with the server. */
const MAY_SHARE = {
  shared: () => true,
  'per-principal': (one: number, other: number) => one % PRINCIPALS === other % PRINCIPALS,
  'per-session': (one: number, other: number) => one === other,
};

test.each(['shared', 'per-principal', 'per-session'] as const)(
  'canaries over a %s server: no answer, and no state, reaches another caller',
  async (sharing) => {
    const home = makeHome({ rules: RULES });
    writeFileSync(home.servers, JSON.stringify(servers({ worker: worker({}, { sharing }) })));
    const gateway = await serveHttp({ home, args: ['--init-strategy', 'lazy'] });
    let answers = 0;
    let wrong = 0;
    let leaked = 0;
    const session = async (number: number): Promise<void> => {
      // Legacy callers have sessions; a modern one is told apart by its principal and agent.
      const revision = number < PRINCIPALS && sharing !== 'per-session' ? MODERN : '2025-11-25';
      const rpc = await openHttp(gateway.url, revision, { token: token(number % PRINCIPALS) });
      const call = (tool: string, id: string) =>
        executeText(rpc, { agent_id: 'any', server: 'worker', tool, args: { id, ms: number % 3 } });
      for (let at = 0; at < CALLS / 2; at++) {
        const id = `canary-${number}-${at}`;
        const [own, before] = await Promise.all([call('work', id), call('remember', id)]);
        answers += 2;
        if (own !== id) wrong++;
        const of = /^canary-(\d+)-/.exec(before)?.[1];
        if (of !== undefined && !MAY_SHARE[sharing](number, Number(of))) leaked++;
      }
    };
    await Promise.all(Array.from({ length: SESSIONS }, (_, at) => session(at)));
    await gateway.stop();
    record(`canaries, ${sharing}`, 'sessions x calls', '', `${SESSIONS} x ${CALLS}`);
    record(
      `canaries, ${sharing}`,
      'answers / to the wrong caller / state leaked',
      '- / 0 / 0',
      `${answers} / ${wrong} / ${leaked}`,
    );
    expect({ answers, wrong, leaked }).toEqual({ answers: SESSIONS * CALLS, wrong: 0, leaked: 0 });
  },
  300_000,
);
