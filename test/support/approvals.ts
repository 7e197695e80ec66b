/** A gateway whose rules ask a person, and that person. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AnswerOutcome, Said } from '../../src/approvals/approvals.ts';
import type { QuestionReport } from '../../src/approvals/question-text.ts';
import { askOne } from '../../src/cli/control-client.ts';
import { runtimeDir } from '../../src/config/settings.ts';
import { type HttpGateway, type StdioGateway, serveHttp, serveStdio } from './gateway.ts';
import { type Home, type Json, linesOf, makeHome, servers, sha256, TOKEN } from './home.ts';
import { openHttp } from './http.ts';
import { fixture } from './paths.ts';
import { until } from './process.ts';
import { MODERN, type Rpc, type RpcMessage } from './rpc.ts';

/** The token of another principal, who may act as the same agents. */
export const OTHER_TOKEN = `${TOKEN}-other`;

export const ALL: Json = { allow: { servers: ['*'] } };
/** What needs nobody but for `calc.add`. */
export const ASK: Json = { ...ALL, ask: { tools: { calc: ['add'] } } };

const PRINCIPALS = {
  tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], default: 'dev' },
  other: { token_sha256: sha256(OTHER_TOKEN), may_assume: ['*'], default: 'dev' },
  local: { stdio: true, may_assume: ['*'], default: 'dev' },
};

export interface AskingHome {
  readonly home: Home;
  /** What the server did: a line for each call. */
  calls(): readonly string[];
  /** Writes the rules of the agent `dev`, and what else is in the file. */
  rules(dev: Json, more?: Json): void;
  /** The questions that wait, once there are so many. */
  waiting(count?: number): Promise<readonly QuestionReport[]>;
  /** Answers one as the owner does. */
  say(id: string, said: Said): Promise<AnswerOutcome | undefined>;
  /** Answers the one that waits. @returns its id */
  answer(word: Said['word'], reason?: string): Promise<string>;
}

export function askingHome(dev: Json = ASK, more: Json = {}): AskingHome {
  const home = makeHome({ servers: {}, rules: {} });
  const log = path.join(home.dir, 'calls');
  const entry = fixture('calc', { CALLS_FILE: log, TOOLS: 'other' });
  writeFileSync(home.servers, JSON.stringify(servers({ calc: entry })));
  const dir = runtimeDir({ cacheDir: path.join(home.dir, 'cache/agent-mcp-gateway') });
  const here: AskingHome = {
    home,
    calls: () => linesOf(log),
    rules: (agent, rest = {}) =>
      writeFileSync(home.rules, JSON.stringify({ agents: { dev: agent }, principals: PRINCIPALS, ...rest })),
    async waiting(count = 1) {
      let found: readonly QuestionReport[] = [];
      await until(async () => {
        found = (await askOne(dir, { do: 'questions' })).flatMap(({ questions }) => questions ?? []);
        return found.length === count;
      }, `${count} questions wait`);
      return found;
    },
    async say(id, said) {
      const [line] = await askOne(dir, { do: 'answer', id, said, who: 'owner' });
      return line?.answered;
    },
    async answer(word, reason) {
      const [question] = await here.waiting();
      const id = question?.id ?? '';
      const outcome = await here.say(id, { word, reason });
      if (outcome !== 'taken') throw new Error(`The answer was ${outcome}.`);
      return id;
    },
  };
  here.rules(dev, more);
  return here;
}

export const sum = (a: number, b = 1) => ({ server: 'calc', tool: 'add', args: { a, b } });

/** A client that shows forms. */
export const FORMS = { elicitation: {} };

export type Setting = readonly ['stdio' | 'http', string];

export const SETTINGS: readonly Setting[] = [
  ['stdio', '2025-11-25'],
  ['stdio', MODERN],
  ['http', '2025-11-25'],
  ['http', MODERN],
];

export interface Front {
  readonly gateway: HttpGateway | StdioGateway;
  readonly rpc: Rpc;
  /** Answers a question of the gateway to the client. */
  respond(to: RpcMessage, result: Json): void;
}

export async function openFront(
  [transport, revision]: Setting,
  { home }: AskingHome,
  capabilities: object = {},
): Promise<Front> {
  const text = ({ id }: RpcMessage, result: Json): string => JSON.stringify({ jsonrpc: '2.0', id, result });
  if (transport === 'stdio') {
    const gateway = await serveStdio({ home }, revision, capabilities);
    // Its owner can ask it from then on.
    await gateway.rpc.call('tools/list');
    return { gateway, rpc: gateway.rpc, respond: (to, result) => gateway.rpc.send(`${text(to, result)}\n`) };
  }
  const gateway = await serveHttp({ home });
  const rpc = await openHttp(gateway.url, revision, { token: TOKEN, capabilities });
  return { gateway, rpc, respond: (to, result) => void rpc.post(text(to, result)) };
}
