import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { Logger } from '../observe/log.ts';
import type { Connection } from '../pipeline/types.ts';
import { NOTHING_OFFERED } from '../relay/offered.ts';
import type { Protocol } from './protocol.ts';
import type { SessionState } from './session-state.ts';
import type { Outlet } from './standing.ts';
import { serveStdio } from './stdio.ts';

const negotiated = { revision: '2025-11-25', offered: NOTHING_OFFERED };

it('a client that initializes again can still answer what it was asked before, and nothing else is taken for it', async () => {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const sessions: SessionState[] = [];
  const protocol = {
    initialize: async ({ id }) => ({ text: `{"id":${id}}`, status: 200, session: negotiated }),
    listen: (session) => {
      sessions.push(session);
      return () => {};
    },
  } as Partial<Protocol> as Protocol;
  const connection = {} as Connection;
  const log = {} as Logger;
  serveStdio({ input, output, protocol, connection, server: undefined, log, maxMessageBytes: 1000, ended: () => {} });
  const initialize = async (id: number): Promise<void> => {
    input.write(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{}}\n`);
    await once(output, 'data');
  };
  const ask = (session: SessionState | undefined) => {
    let id: unknown;
    const sent = (text: string): void => {
      id = (JSON.parse(text) as { id: unknown }).id;
    };
    return { answer: session?.asks.ask(sent, 'roots/list', '', []), id };
  };

  await initialize(1);
  const before = ask(sessions[0]);
  await initialize(2);
  const after = ask(sessions[1]);
  for (const { id } of [before, after]) {
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { about: id } })}\n`);
  }
  expect(after.id).not.toBe(before.id);
  for (const { id, answer } of [before, after]) {
    expect(await answer).toEqual({ ok: true, result: JSON.stringify({ about: id }) });
  }
});

it('what waits for a client to be initialized is over when it initializes again', async () => {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const begun: { readonly session: SessionState; readonly outlet: Outlet }[] = [];
  const protocol = {
    initialize: async ({ id }) => ({ text: `{"id":${id}}`, status: 200, session: negotiated }),
    listen: (session, _, outlet) => {
      begun.push({ session, outlet });
      return () => {};
    },
  } as Partial<Protocol> as Protocol;
  const connection = {} as Connection;
  const log = {} as Logger;
  serveStdio({ input, output, protocol, connection, server: undefined, log, maxMessageBytes: 1000, ended: () => {} });
  for (const id of [1, 2]) {
    input.write(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{}}\n`);
    await once(output, 'data');
  }
  await begun[0]?.session.ready.promise;
  expect(begun.map(({ outlet }) => outlet.isOpen())).toEqual([false, true]);
});

it.each([
  ['too long', `"${'z'.repeat(1000)}"`, 'The message is longer than 1000 bytes.'],
  ['one with a key twice', '{"a":1,"a":2}', expect.stringContaining('A key stands twice')],
])('an answer of the client that is refused ends its question: %s', async (_, result, why) => {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const begun: SessionState[] = [];
  const protocol = {
    initialize: async ({ id }) => ({ text: `{"id":${id}}`, status: 200, session: negotiated }),
    listen: (session) => {
      begun.push(session);
      return () => {};
    },
  } as Partial<Protocol> as Protocol;
  const connection = {} as Connection;
  const log = { warn: () => {} } as Partial<Logger> as Logger;
  serveStdio({ input, output, protocol, connection, server: undefined, log, maxMessageBytes: 1000, ended: () => {} });
  input.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n');
  await once(output, 'data');
  const answer = begun[0]?.asks.ask(
    (text) => {
      const { id } = JSON.parse(text) as { id: unknown };
      input.write(`{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(id)}}\n`);
    },
    'roots/list',
    '',
    [],
  );
  const [refusal] = (await once(output, 'data')) as [string];
  expect(JSON.parse(refusal)).toMatchObject({ id: null, error: { message: why } });
  expect(await answer).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^The client's answer was refused: /),
  });
});

it('answers of a batch that are too long together come in several arrays, none of them lost', async () => {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const lines: string[] = [];
  createInterface({ input: output }).on('line', (line) => lines.push(line));
  const protocol = {
    initialize: async ({ id }) => ({
      text: `{"id":${id}}`,
      status: 200,
      session: { ...negotiated, revision: '2025-03-26' },
    }),
    listen: () => () => {},
    legacy: async ({ id }, { longest = 0 }) => {
      const around = `{"id":${id},"result":""}`;
      // The one with id 3 is as long as an answer may be.
      const length = id === '3' ? longest - around.length : 4_000_000;
      return { text: `{"id":${id},"result":"${'x'.repeat(length)}"}`, status: 200 };
    },
  } as Partial<Protocol> as Protocol;
  const connection = {} as Connection;
  const log = {} as Logger;
  serveStdio({ input, output, protocol, connection, server: undefined, log, maxMessageBytes: 1000, ended: () => {} });
  const request = (id: number, method: string): string => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`;
  input.write(`${request(1, 'initialize')}\n`);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  const ids = [2, 4, 5, 3, 6];
  input.write(`[${ids.map((id) => request(id, 'x')).join(',')}]\n`);
  await vi.waitFor(() => expect(lines).toHaveLength(5));
  const arrays = lines.slice(1).map((line) => JSON.parse(line) as { id: number }[]);
  expect(arrays.map((array) => array.map(({ id }) => id))).toEqual([[2, 4], [5], [3], [6]]);
});
