/** Everything that one greedy caller, with a greedy server, can do to make the others wait. */
import http from 'node:http';
import { type HttpGateway, serveHttp } from './gateway.ts';
import { servers, sha256, TOKEN } from './home.ts';
import { httpHeaders, openHttp, request } from './http.ts';
import { fixture } from './paths.ts';
import { MODERN, type Rpc, requestText } from './rpc.ts';
import { callTool, execute, type ToolResult } from './tools.ts';

export const GREEDY_TOKEN = `${TOKEN}-greedy`;

/** A gateway with a heap of 1 GiB, for a modest and a greedy caller. */
export function serveBoth(): Promise<HttpGateway> {
  return serveHttp({
    servers: servers({
      calc: fixture('calc'),
      greedy: fixture('greedy'),
      endless: fixture('greedy', { MODE: 'endless' }),
    }),
    rules: {
      agents: { modest: { allow: { servers: ['calc'] } }, greedy: { allow: { servers: ['greedy', 'endless'] } } },
      principals: {
        modest: { token_sha256: sha256(TOKEN), default: 'modest', may_assume: ['modest'] },
        greedy: { token_sha256: sha256(GREEDY_TOKEN), default: 'greedy', may_assume: ['greedy'] },
      },
    },
    env: { NODE_OPTIONS: '--max-old-space-size=1024' },
  });
}

const nested = (times: number): string => `${'to_string(['.repeat(times)}@${'])'.repeat(times)}`;

/** Expressions that are costly, or make large values of small ones. */
export const BOMBS: readonly string[] = [
  ...[16, 22, 30, 38].map(nested),
  Array(60).fill('[@,@][]').join('|'),
  Array(40).fill('{a:@,b:@}').join('|'),
  Array(60).fill('[@,@]').join('|'),
];

/** Of a caller that does everything at once, again and again until it is told to stop. */
export interface Greed {
  /** By what was done, what came of it last: an HTTP status, or the text of a result. */
  readonly outcomes: ReadonlyMap<string, string>;
  /** How often everything was done, at least. */
  readonly rounds: number;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** @param times sessions, requests and connections at once. */
export async function beGreedy({ url }: HttpGateway, times: number): Promise<Greed> {
  const rpc = await openHttp(url, MODERN, { token: GREEDY_TOKEN });
  const outcomes = new Map<string, string>();
  const told = new Error('stopped');
  let isOver = false;
  const open = new Set<http.ClientRequest>();

  const note = async (what: string, done: Promise<unknown>): Promise<void> => {
    const outcome = await done.catch((error: unknown) => error);
    outcomes.set(what, typeof outcome === 'string' ? outcome : String((outcome as Error).message ?? outcome));
  };
  const all: readonly (() => Promise<unknown>)[] = [
    ...BOMBS.map((select, at) => () => note(`bomb ${at}`, called(rpc, 'small', { select, max_result_tokens: 100 }))),
    () => note('needle', called(rpc, 'hay', { select: Array(20).fill('contains(hay, needle)').join(' || ') })),
    () => note('fine', called(rpc, 'fine', { select: 'sort_by(list, &to_string(@))', max_result_tokens: 100 })),
    () => note('blocks', called(rpc, 'blocks', { max_result_tokens: 100 })),
    () => note('escapes', called(rpc, 'escapes', { max_result_tokens: 100 })),
    () => note('many', called(rpc, 'many', { max_result_tokens: 100 })),
    ...['items', 'references', 'dynamic', 'pattern', 'unique'].map((tool) => () => {
      const a = tool === 'pattern' ? `${'a'.repeat(60)}!` : Array(40_000).fill(1);
      return note(tool, called(rpc, tool, { args: { a } }));
    }),
    () => note('lists', callTool(rpc, 'search_tools', { query: 'anything' }).then(wholeText)),
    () =>
      note(
        'prompts',
        rpc.call('prompts/list', {}).then(({ text }) => text.slice(0, 500)),
      ),
    () =>
      note(
        'resources',
        rpc.call('resources/list', {}).then(({ text }) => text.slice(0, 500)),
      ),
    () => note('keys', manyKeys(url)),
    () => Promise.all(Array.from({ length: times }, () => note('sessions', session(url)))),
    () => Promise.all(Array.from({ length: times }, () => note('requests', largeRequest(url)))),
    async () => {
      while (open.size < times) open.add(unread(url));
    },
  ];
  const done = all.map(() => 0);
  const loops = all.map(async (action, at) => {
    while (!isOver) {
      await action();
      done[at] = (done[at] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  return {
    outcomes,
    get rounds() {
      return Math.min(...done);
    },
    async stop() {
      isOver = true;
      for (const each of open) each.destroy(told);
      await Promise.all(loops);
    },
  };
}

function wholeText(result: ToolResult): string {
  return result.content.map(({ text }) => (text ?? '').slice(0, 2000)).join('\n');
}

function called(rpc: Rpc, tool: string, more: object): Promise<string> {
  return execute(rpc, { server: 'greedy', tool, ...more }).then(wholeText);
}

const authorized = (method: string, name?: string): Record<string, string> => ({
  ...httpHeaders(MODERN, method, name),
  authorization: `Bearer ${GREEDY_TOKEN}`,
});

async function posted(url: string, args: string): Promise<string> {
  const body = requestText(1, 'tools/call', `{"name":"execute_tool","arguments":${args}}`, MODERN);
  const reply = await request(url, { method: 'POST', headers: authorized('tools/call', 'execute_tool'), body });
  return `${reply.status} ${reply.body.slice(0, 500)}`;
}

function manyKeys(url: string): Promise<string> {
  const keys = Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join();
  return posted(url, `{"server":"greedy","tool":"small","args":{${keys}}}`);
}

function largeRequest(url: string): Promise<string> {
  return posted(url, `{"server":"greedy","tool":"small","args":{"x":"${'x'.repeat(4_000_000)}"}}`);
}

/** A session whose events are kept. */
async function session(url: string): Promise<string> {
  const rpc = await openHttp(url, '2025-11-25', { token: GREEDY_TOKEN });
  const params = { name: 'execute_tool', arguments: { server: 'greedy', tool: 'large' } };
  const body = requestText(1, 'tools/call', params, '2025-11-25');
  const headers = { ...rpc.headers('tools/call'), accept: 'text/event-stream' };
  const reply = await request(url, { method: 'POST', headers, body });
  return `${reply.status} ${reply.body.length}`;
}

/** A call whose answer nobody reads. */
function unread(url: string): http.ClientRequest {
  const params = '{"name":"execute_tool","arguments":{"server":"greedy","tool":"large"}}';
  const outgoing = http.request(url, {
    method: 'POST',
    headers: authorized('tools/call', 'execute_tool'),
    agent: false,
  });
  outgoing.on('error', () => {});
  outgoing.on('response', (response) => {
    response.on('error', () => {});
    response.pause();
  });
  outgoing.end(requestText(1, 'tools/call', params, MODERN));
  return outgoing;
}
