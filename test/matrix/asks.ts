/** What a server asks of its client while it works on a call. */
import { expect } from 'vitest';
import type { RpcMessage } from '../support/rpc.ts';
import type { Bench, Side } from './cells.ts';
import { errorOf, type Feature, feature, onBoth, resultOf, said } from './feature.ts';

/** The questions since then with this method: servers may ask for the roots at any time, besides calls. */
function questionsOf({ caller }: Pick<Side, 'caller'>, method: string, from: number): RpcMessage[] {
  return caller.questions
    .slice(from)
    .map(({ message }) => message)
    .filter((message) => message.method === method);
}

/** What the server asks crosses, and what the caller answers. */
async function expectAsked(
  side: Side,
  tool: string,
  args: object,
  asked: { readonly method: string; readonly params?: object },
  answer: string,
): Promise<RpcMessage> {
  const from = side.caller.questions.length;
  expect(said(await side.tool(tool, args))).toBe(answer);
  const [question, ...more] = questionsOf(side, asked.method, from);
  if (asked.method !== 'roots/list') expect(more).toEqual([]);
  expect(question).toMatchObject(asked);
  return question ?? {};
}

/** A server asks what its client did not declare: the caller is not asked, and somebody is told what was refused. */
async function expectUnasked(side: Side, method: string, params: object, { cell }: Bench): Promise<void> {
  const from = side.caller.questions.length;
  const answer = await side.tool('demand', { method, params });
  // A server of the 2025 revisions is told itself; for others the call is over.
  const told = cell.server === 'legacy' ? said(answer) : answer.text;
  expect(told).toMatch(new RegExp(`does not offer ${method}`));
  expect(questionsOf(side, method, from)).toEqual([]);
}

/** What the server was told that its client can do; changed roots are announced where they are promised. */
async function expectRoots(side: Side, roots: object): Promise<void> {
  await side.caller.notify('notifications/roots/list_changed', {});
  const declared: unknown = JSON.parse(said(await side.tool('declared')));
  expect(declared).toEqual({ sampling: {}, elicitation: { form: {}, url: {} }, roots });
}

/** A key that no other call has. */
function keyOf({ cell }: Bench, server: string): string {
  return `${JSON.stringify(cell)} ${server}`;
}

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

/** What a progress notification or a message of the log says. */
function saidIn(params: RpcMessage['params']): unknown {
  return params?.['message'] ?? params?.['data'];
}

const isEnd = ({ method }: RpcMessage): boolean => method === 'notifications/elicitation/complete';

const noEnd = onBoth(async (side) => {
  const from = side.caller.heard.length;
  said(await side.tool('ask_url'));
  said(await side.tool('label'));
  expect(side.caller.heard.slice(from).filter(({ message }) => isEnd(message))).toEqual([]);
});

export const asks: readonly Feature[] = [
  feature(
    'sampling',
    'crosses',
    onBoth(async (side) => {
      const messages = [{ role: 'user', content: { type: 'text', text: 'Say it' } }];
      const asked = { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } };
      await expectAsked(side, 'ask_model', { prompt: 'Say it' }, asked, 'model: sampled');
    }),
  ),
  feature(
    'elicitation by form',
    'crosses',
    onBoth(async (side) => {
      const asked = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object' } } };
      await expectAsked(side, 'ask_user', { message: 'Who?' }, asked, 'user: accept {"name":"n"}');
      await side.caller.responding(
        'elicitation/create',
        () => ({ action: 'decline' }),
        () => expectAsked(side, 'ask_user', { message: 'Who?' }, asked, 'user: decline null'),
      );
    }),
  ),
  feature(
    'elicitation by URL',
    'crosses',
    onBoth(async (side, _server, { cell }) => {
      const params = { mode: 'url', message: 'Sign in', url: 'https://example.com/sign-in' };
      const asked = await expectAsked(side, 'ask_url', {}, { method: 'elicitation/create', params }, 'url: accept');
      // 2025-11-25, client/elicitation: required there; 2026-07-28 has none.
      if (cell.caller === 'legacy') expect(asked.params?.['elicitationId']).toEqual(expect.any(String));
    }),
  ),
  feature(
    'the end of an elicitation by URL',
    'crosses',
    onBoth(async (side) => {
      const from = side.caller.heard.length;
      said(await side.tool('ask_url'));
      const { message } = await side.caller.hears(isEnd, from);
      const { params } = questionsOf(side, 'elicitation/create', 0).at(-1) ?? {};
      expect(message.params).toEqual({ elicitationId: params?.['elicitationId'] });
    }),
    { caller: 'legacy', server: 'legacy' },
  ),
  feature('the end of an elicitation by URL', 'is left out: only 2025-11-25 has it', noEnd, { caller: 'modern' }),
  feature('the end of an elicitation by URL', 'is left out: only 2025-11-25 has it', noEnd, {
    caller: 'legacy',
    server: 'modern',
  }),
  feature(
    'roots',
    'crosses',
    onBoth(async (side) => {
      await expectAsked(
        side,
        'ask_roots',
        {},
        { method: 'roots/list' },
        'roots: [{"uri":"file:///work","name":"work"}]',
      );
    }),
  ),
  feature(
    'changes of the roots',
    'crosses',
    onBoth((side) => expectRoots(side, { listChanged: true })),
    { caller: 'legacy', server: 'legacy' },
  ),
  ...([{ caller: 'modern' }, { caller: 'legacy', server: 'modern' }] as const).map((which) =>
    feature(
      'changes of the roots',
      'is left out: 2026-07-28 has no such notification',
      onBoth((side) => expectRoots(side, {})),
      which,
    ),
  ),
  feature(
    'several rounds of questions in one call',
    'crosses',
    onBoth(({ caller, tool }) =>
      caller.responding(
        'elicitation/create',
        ({ message }) => ({ action: 'accept', content: message === 'First?' ? { a: 'one' } : { b: 'two' } }),
        async () => {
          const from = caller.questions.length;
          expect(said(await tool('ask_twice'))).toBe('one and two');
          expect(questionsOf({ caller }, 'elicitation/create', from)).toHaveLength(2);
        },
      ),
    ),
  ),
  feature(
    'questions of prompts and resources',
    'crosses',
    onBoth(async (side) => {
      const prompt = await side.caller.call('prompts/get', { name: side.name('asking') });
      expect(JSON.stringify(resultOf(prompt)['messages'])).toContain('prompt for n');
      const resource = await side.caller.call('resources/read', { uri: side.uri('test://asking') });
      expect(JSON.stringify(resultOf(resource)['contents'])).toContain('resource for n');
    }),
  ),
  feature('questions that the client did not declare', 'is refused: the caller is not asked', async (bench) => {
    const side = await bench.with({ elicitation: {} }, 'one');
    await expectUnasked(side, 'sampling/createMessage', { messages: [], maxTokens: 1 }, bench);
    await expectUnasked(side, 'roots/list', {}, bench);
    const url = { mode: 'url', message: 'm', url: 'https://example.com/', elicitationId: 'e' };
    await expectUnasked(side, 'elicitation/create', url, bench);
    await expectUnasked(side, 'vendor.example/ask', {}, bench);
    // What it declared it is asked.
    expect(said(await side.tool('ask_user', { message: 'Who?' }))).toBe('user: accept {"name":"n"}');
  }),
  feature(
    'a question that the server takes back',
    'crosses',
    onBoth((side, server, bench) =>
      side.caller.responding(
        'elicitation/create',
        () => undefined,
        async () => {
          const { caller } = side;
          const key = keyOf(bench, server);
          const from = caller.heard.length;
          const call = side.startTool('ask_and_withdraw', { key });
          const question = await caller.hears(({ method }) => method === 'elicitation/create', from);
          said(await side.tool('release', { key }));
          const { message } = await caller.hears(({ method }) => method === 'notifications/cancelled', from);
          expect(message.params).toEqual({ requestId: question.message.id });
          expect(said(await call.answer)).toBe('withdrawn');
        },
      ),
    ),
    { caller: 'legacy', server: 'legacy' },
  ),
  feature(
    'a question that the server takes back',
    'crosses',
    onBoth(async (side, server, bench) => {
      const key = keyOf(bench, server);
      const { resultType, requestState } = resultOf(await side.startTool('ask_and_withdraw', { key }).answer);
      expect(resultType).toBe('input_required');
      said(await side.tool('release', { key }));
      said(await side.tool('happened', { event: `withdrawn ${key}` }));
      // The question has gone out as a result: the retry finds out that nobody waits for its answer.
      const retry = { ...side.params('ask_and_withdraw', { key }), requestState, inputResponses: {} };
      expect(said(await side.caller.call('tools/call', retry))).toBe('withdrawn');
    }),
    { caller: 'modern', server: 'legacy' },
  ),
  feature(
    'progress and log messages of a call that waits for answers',
    'crosses',
    onBoth(async (side, server, bench) => {
      // They come with the retry, under its token and from its level on: what belongs to the request before is over.
      for (const { token, level } of [{ token: 'of the retry', level: 'error' }, {}] as const) {
        const key = `${keyOf(bench, server)} ${token}`;
        const first = { [LOG_LEVEL]: 'error', progressToken: 'of the first' };
        const { requestState, inputRequests } = resultOf(
          await side.startTool('ask_and_tell', { key }, { meta: first }).answer,
        ) as { requestState: string; inputRequests: object };
        said(await side.tool('release', { key }));
        const [question = ''] = Object.keys(inputRequests);
        const inputResponses = { [question]: { action: 'accept', content: { name: 'n' } } };
        const retry = { ...side.params('ask_and_tell', { key }), requestState, inputResponses };
        const meta = level === undefined ? {} : { [LOG_LEVEL]: level, progressToken: token };
        const answer = await side.caller.call('tools/call', retry, { meta });
        expect(said(answer)).toBe('n');
        const notices = answer.notifications.map(({ params }) => [params?.['progressToken'], saidIn(params)]);
        expect(notices).toEqual(
          token === undefined
            ? []
            : [
                [token, '1 before the answer'],
                [undefined, '1 before the answer'],
                [token, '2 before the answer'],
                [undefined, '2 before the answer'],
                [undefined, 'after the answer'],
                [token, 'after the answer'],
              ],
        );
      }
    }),
    { caller: 'modern', server: 'legacy' },
  ),
  feature(
    'a call that waits for answers: once, for the same caller and call',
    'crosses',
    onBoth(async (side) => {
      const ask = { message: 'Who?' };
      const { requestState, inputRequests } = resultOf(await side.startTool('ask_user', ask).answer) as {
        requestState: string;
        inputRequests: object;
      };
      const [key = ''] = Object.keys(inputRequests);
      const inputResponses = { [key]: { action: 'accept', content: { name: 'n' } } };
      const retry = (args: object, state: string): Promise<Parameters<typeof said>[0]> =>
        side.caller.start('tools/call', { ...side.params('ask_user', args), requestState: state, inputResponses })
          .answer;
      const expectRefused = async (args: object, state: string): Promise<void> => {
        const message = expect.stringContaining('requestState') as string;
        expect(errorOf(await retry(args, state))).toMatchObject({ code: -32602, message });
      };
      await expectRefused({ message: 'Another?' }, requestState);
      await expectRefused(ask, `${requestState.slice(0, -4)}AAAA`);
      expect(said(await retry(ask, requestState))).toBe('user: accept {"name":"n"}');
      await expectRefused(ask, requestState);
    }),
    { caller: 'modern', server: 'legacy' },
  ),
];
