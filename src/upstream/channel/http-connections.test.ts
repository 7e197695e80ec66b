import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { HttpConnections } from './http-connections.ts';
import { dispatch, type HttpResponse, NotSentError } from './http-exchange.ts';

const MOST = 128;

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** Requests that each connection carries now, and all it carried. */
let open: Map<Socket, { now: number; all: number }>;
let connections: HttpConnections;
let kind: 'own' | 'undici';

beforeEach(async () => {
  open = new Map();
  server = createServer((request, response) => {
    const carries = open.get(request.socket) ?? { now: 0, all: 0 };
    open.set(request.socket, carries);
    carries.now++;
    carries.all++;
    response.once('finish', () => carries.now--);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connections = new HttpConnections(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {}, kind);
});

afterEach(async () => {
  await connections.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function send(path: string, signal = new Canceller()): Promise<HttpResponse> {
  return dispatch(connections, { method: 'GET', path, headers: [], body: null, signal, gather: 1000, server: 's' });
}

function reply(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.url));
}

describe.each(['own', 'undici'] as const)('the connections to one origin, with the client %s', (given) => {
  beforeAll(() => {
    kind = given;
  });

  it('are at most so many, with one request on each; the others wait for their turn', async () => {
    const held: (() => void)[] = [];
    const full = createDeferred<void>();
    const order: string[] = [];
    answer = (request, response) => {
      order.push(request.url ?? '');
      expect(open.get(request.socket)?.now).toBe(1);
      if (held.push(() => reply(request, response)) === MOST) full.resolve();
    };
    const paths = Array.from({ length: 2 * MOST }, (_, at) => `/${at}`);
    const answers = paths.map((path) => send(path));
    await full.promise;
    expect(open.size).toBe(MOST);
    answer = (request, response) => {
      order.push(request.url ?? '');
      expect(open.get(request.socket)?.now).toBe(1);
      reply(request, response);
    };
    // One connection alone serves all that wait, in the order in which they came.
    held.shift()?.();
    await Promise.all(answers.slice(MOST));
    expect(order.slice(MOST)).toEqual(paths.slice(MOST));
    for (const release of held) release();
    expect((await Promise.all(answers)).map(({ whole }) => JSON.parse(String(whole)))).toEqual(paths);
    expect(open.size).toBe(MOST);
  });

  it('are used again, the last one first', async () => {
    answer = reply;
    await Promise.all([send('/a'), send('/b'), send('/c')]);
    const before = open.size;
    for (let call = 0; call < 5; call++) {
      // A connection is free a moment after the end of its response.
      await new Promise(setImmediate);
      await send('/again');
    }
    expect(open.size).toBe(before);
    expect(Array.from(open.values(), ({ all }) => all).sort()).toEqual([1, 1, 6]);
  });

  it('are replaced when a request on them failed', async () => {
    answer = (request) => request.socket.destroy();
    for (let call = 0; call < MOST + 2; call++) await expect(send('/lost')).rejects.toThrow();
    answer = reply;
    expect(String((await send('/found')).whole)).toBe('"/found"');
  });

  it.each([20, 2 * MOST])(
    'may be closed by the server after each response, unannounced (%i requests at once)',
    async (count) => {
      const closing = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () =>
          socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'),
        );
      });
      await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
      const made = new HttpConnections(`http://127.0.0.1:${(closing.address() as AddressInfo).port}`, {}, kind);
      const ask = (): Promise<HttpResponse> =>
        dispatch(made, {
          method: 'POST',
          path: '/',
          headers: [],
          body: '{}',
          signal: new Canceller(),
          gather: 1000,
          server: 's',
        });
      for (let call = 0; call < 20; call++) expect(String((await ask()).whole)).toBe('{}');
      const answers = await Promise.all(Array.from({ length: count }, ask));
      expect(answers.map(({ whole }) => String(whole))).toEqual(answers.map(() => '{}'));
      await made.destroy();
      await new Promise((resolve) => closing.close(resolve));
    },
  );

  it('are not opened for requests that were given up while they waited', async () => {
    const full = createDeferred<void>();
    const held: (() => void)[] = [];
    answer = (request, response) => {
      if (held.push(() => reply(request, response)) === MOST) full.resolve();
    };
    const running = Array.from({ length: MOST }, () => send('/running'));
    await full.promise;
    const signal = new Canceller();
    const given = Array.from({ length: MOST }, () => send('/waiting', signal).catch((error: unknown) => error));
    signal.abort(new Error('given up'));
    expect((await Promise.all(given)).every((error) => error instanceof NotSentError)).toBe(true);
    for (const release of held) release();
    await Promise.all(running);
    answer = reply;
    expect(String((await send('/next')).whole)).toBe('"/next"');
    expect(Array.from(open.values(), ({ all }) => all).reduce((sum, all) => sum + all)).toBe(MOST + 1);
    expect(open.size).toBe(MOST);
  });

  it('survive requests that cannot be sent at all', async () => {
    answer = reply;
    await send('/first');
    for (let call = 0; call < 2 * MOST; call++) {
      await new Promise(setImmediate);
      const bad = {
        method: 'GET',
        path: '/',
        headers: ['bad name', 'x'],
        body: null,
        signal: new Canceller(),
        gather: 1,
        server: 's',
      } as const;
      await expect(dispatch(connections, { ...bad, headers: [...bad.headers] })).rejects.toBeInstanceOf(NotSentError);
    }
    expect(String((await send('/last')).whole)).toBe('"/last"');
    expect(open.size).toBe(1);
  });

  it('are free again when a request is given up', async () => {
    const arrived = createDeferred<void>();
    answer = () => arrived.resolve();
    const signal = new Canceller();
    const given = send('/slow', signal);
    await arrived.promise;
    signal.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    answer = reply;
    expect(String((await send('/next')).whole)).toBe('"/next"');
  });

  it('fail what they carry and what waits for them when they end', async () => {
    const full = createDeferred<void>();
    let arrived = 0;
    answer = () => {
      if (++arrived === MOST) full.resolve();
    };
    const outcomes = Array.from({ length: MOST + 3 }, () => send('/').catch((error: unknown) => error));
    await full.promise;
    await connections.destroy();
    const errors = await Promise.all(outcomes);
    expect(errors.every((error) => error instanceof Error)).toBe(true);
    expect(errors.slice(MOST).every((error) => error instanceof NotSentError)).toBe(true);
    expect(await send('/late').catch((error: unknown) => error)).toBeInstanceOf(NotSentError);
    expect(arrived).toBe(MOST);
  });
});
