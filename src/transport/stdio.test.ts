import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { McpHandler } from '../mcp/handler.ts';
import type { SessionState } from '../mcp/session.ts';
import type { Outlet } from '../mcp/session-channel.ts';
import type { Logger } from '../observe/log.ts';
import type { Connection } from '../pipeline/caller.ts';
import { NOTHING_OFFERED } from '../relay/offered-capabilities.ts';
import { serveStdio } from './stdio.ts';

interface Begun {
  readonly session: SessionState;
  readonly outlet: Outlet;
}

/** A connection of a client that can do nothing. @param more what the handler does besides negotiating */
function serve(revision: string, more: Partial<McpHandler> = {}) {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const begun: Begun[] = [];
  const handler = {
    initialize: async ({ id }) => ({
      text: `{"id":${id}}`,
      status: 200,
      session: { revision, offered: NOTHING_OFFERED },
    }),
    listen: (session, _, outlet) => {
      begun.push({ session, outlet });
      return () => {};
    },
    ...more,
  } as Partial<McpHandler> as McpHandler;
  const connection = {} as Connection;
  const log = { warn: () => {} } as Partial<Logger> as Logger;
  serveStdio({ input, output, handler, connection, server: undefined, log, maxMessageBytes: 1000, ended: () => {} });
  const initialize = async (id: number): Promise<Begun> => {
    input.write(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{}}\n`);
    await once(output, 'data');
    const last = begun.at(-1);
    if (last === undefined) throw new Error('No session began.');
    return last;
  };
  return { input, output, initialize };
}

it('a client that initializes again can still answer what it was asked before, and nothing else is taken for it', async () => {
  const { input, initialize } = serve('2025-11-25');
  const ask = ({ session }: Begun) => {
    let id: unknown;
    const sent = (text: string): void => {
      id = (JSON.parse(text) as { id: unknown }).id;
    };
    return { answer: session.asks.ask(sent, 'roots/list', '', []), id };
  };

  const before = ask(await initialize(1));
  const after = ask(await initialize(2));
  for (const { id } of [before, after]) {
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { about: id } })}\n`);
  }
  expect(after.id).not.toBe(before.id);
  for (const { id, answer } of [before, after]) {
    expect(await answer).toEqual({ ok: true, result: JSON.stringify({ about: id }) });
  }
});

it('what waits for a client to be initialized is over when it initializes again', async () => {
  const { initialize } = serve('2025-11-25');
  const before = await initialize(1);
  const after = await initialize(2);
  await before.session.ready.promise;
  expect([before.outlet.isOpen(), after.outlet.isOpen()]).toEqual([false, true]);
});

it.each([
  ['too long', `"${'z'.repeat(1000)}"`, 'The message is longer than 1000 bytes.'],
  ['one with a key twice', '{"a":1,"a":2}', expect.stringContaining('A key stands twice')],
])('an answer of the client that is refused ends its question: %s', async (_, result, why) => {
  const { input, output, initialize } = serve('2025-11-25');
  const { session } = await initialize(1);
  const reply = (text: string): void => {
    const { id } = JSON.parse(text) as { id: unknown };
    input.write(`{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(id)}}\n`);
  };
  const answer = session.asks.ask(reply, 'roots/list', '', []);
  const [refusal] = (await once(output, 'data')) as [string];
  expect(JSON.parse(refusal)).toMatchObject({ id: null, error: { message: why } });
  expect(await answer).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^The client's answer was refused: /),
  });
});

it.each([
  [
    'no UTF-8',
    '2025-11-25',
    (id: string) => Buffer.from(`{"id":${id},"jsonrpc":"2.0","result":{"a":"\xff"}}\n`, 'latin1'),
  ],
  ['in a batch where there are none', '2025-11-25', (id: string) => `[{"jsonrpc":"2.0","id":${id},"result":{}}]\n`],
  ['in a batch with too many', '2025-03-26', (id: string) => `[{"id":${id},"result":{}}${',{}'.repeat(100)}]\n`],
] as const)('an answer of the client that cannot be read ends its question: %s', async (_, revision, written) => {
  const { input, initialize } = serve(revision);
  const { session } = await initialize(1);
  const reply = (text: string): void => {
    const { id } = JSON.parse(text) as { id: unknown };
    input.write(written(JSON.stringify(id)));
  };
  expect(await session.asks.ask(reply, 'roots/list', '', [])).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^The client's answer was refused: /),
  });
});

it('answers of a batch that are too long together come in several arrays, none of them lost', async () => {
  const { input, output, initialize } = serve('2025-03-26', {
    legacy: async ({ id }, { longest = 0 }) => {
      const around = `{"id":${id},"result":""}`;
      // The one with id 3 is as long as an answer may be.
      const length = id === '3' ? longest - around.length : 4_000_000;
      return { text: `{"id":${id},"result":"${'x'.repeat(length)}"}`, status: 200 };
    },
  });
  await initialize(1);
  const lines: string[] = [];
  createInterface({ input: output }).on('line', (line) => lines.push(line));
  const requests = [2, 4, 5, 3, 6].map((id) => `{"jsonrpc":"2.0","id":${id},"method":"x"}`);
  input.write(`[${requests.join(',')}]\n`);
  await vi.waitFor(() => expect(lines).toHaveLength(4));
  const arrays = lines.map((line) => JSON.parse(line) as { id: number }[]);
  expect(arrays.map((array) => array.map(({ id }) => id))).toEqual([[2, 4], [5], [3], [6]]);
});
