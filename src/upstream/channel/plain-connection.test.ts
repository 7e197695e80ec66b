import { Buffer } from 'node:buffer';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { HttpConnections } from './http-connections.ts';
import { dispatch, type HttpResponse, NotSentError } from './http-exchange.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
const CHUNKED = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';

let server: Server;
let sockets: Socket[];
/** Called with each connection and what came on it. */
let take: (socket: Socket, text: string) => void;
let connections: HttpConnections;

beforeEach(async () => {
  sockets = [];
  take = (socket) => socket.write(OK);
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => take(socket, bytes.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connections = new HttpConnections(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await connections.destroy();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Sent {
  readonly headers?: string[];
  readonly body?: string | null;
  readonly signal?: Canceller;
  readonly gather?: number | undefined;
}

function send({
  headers = [],
  body = '{}',
  signal = new Canceller(),
  gather = 1000,
}: Sent = {}): Promise<HttpResponse> {
  return dispatch(connections, { method: 'POST', path: '/mcp', headers, body, signal, gather, server: 's' });
}

/** The turn of the event loop in which a connection is free again. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a connection without TLS', () => {
  it('sends a request as one piece, with its length in bytes and its headers as they are', async () => {
    const seen: string[] = [];
    take = (socket, text) => {
      seen.push(text);
      socket.write(OK);
    };
    await send({ headers: ['x-a', 'b'], body: '{"a":"\u20ac"}' });
    await nextTurn();
    await send({ headers: ['x-name', '\xe9', 'Host', 'other.example'], body: '\u20ac' });
    await nextTurn();
    await send({ body: null });
    const { port } = server.address() as AddressInfo;
    const body = (text: string): string => Buffer.from(text).toString('latin1');
    expect(seen).toEqual([
      `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\nx-a: b\r\ncontent-length: 11\r\n\r\n${body('{"a":"\u20ac"}')}`,
      `POST /mcp HTTP/1.1\r\nconnection: keep-alive\r\nx-name: \xe9\r\nHost: other.example\r\ncontent-length: 3\r\n\r\n${body('\u20ac')}`,
      `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n`,
    ]);
    expect(sockets).toHaveLength(1);
  });

  it.each([
    [['x-a', 'b\r\nc: d']],
    [['x a', 'b']],
    [['', 'b']],
    [['content-length', '2']],
    [['Transfer-Encoding', 'chunked']],
    [['connection', 'close']],
    [['upgrade', 'h2c']],
  ])('sends nothing with the headers %j', async (headers) => {
    await expect(send({ headers })).rejects.toBeInstanceOf(NotSentError);
    expect(String((await send()).whole)).toBe('{}');
    expect(sockets).toHaveLength(1);
  });

  it('never carries a request after bytes that nobody asked for', async () => {
    expect(String((await send()).whole)).toBe('{}');
    await nextTurn();
    const poisoned = sockets[0];
    const gone = new Promise((resolve) => poisoned?.once('close', resolve));
    poisoned?.write(OK.replace('{}', '[]'));
    const asked = send();
    await gone;
    expect(String((await asked).whole)).toBe('{}');
    expect(sockets).toHaveLength(2);
  });

  it('is not used again where a second response follows in the same piece', async () => {
    take = (socket) => socket.write(`${OK}${OK.replace('{}', '[]')}`);
    expect(String((await send()).whole)).toBe('{}');
    await nextTurn();
    expect(String((await send()).whole)).toBe('{}');
    expect(sockets).toHaveLength(2);
  });

  it('is replaced once the server has closed it', async () => {
    for (let call = 0; call < 3; call++) {
      expect(String((await send()).whole)).toBe('{}');
      const [socket] = sockets.slice(-1);
      const closed = new Promise((resolve) => socket?.once('close', resolve));
      socket?.end();
      await closed;
    }
    expect(sockets).toHaveLength(3);
  });

  it('says when a server takes no connection', async () => {
    await new Promise((resolve) => server.close(resolve));
    const failure = await send().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotSentError);
    expect((failure as NotSentError).cause).toMatchObject({ code: 'ECONNREFUSED' });
    server = createServer().listen(0);
  });

  it('ends with the request that is given up on it, and another one carries the next', async () => {
    const signal = new Canceller();
    const arrived = createDeferred<void>();
    take = () => arrived.resolve();
    const given = send({ signal });
    await arrived.promise;
    const closed = new Promise((resolve) => sockets[0]?.once('close', resolve));
    signal.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await closed;
    take = (socket) => socket.write(OK);
    expect(String((await send()).whole)).toBe('{}');
    expect(sockets).toHaveLength(2);
  });

  it('carries nothing of a request that is given up while it connects', async () => {
    const seen: string[] = [];
    take = (socket, text) => {
      seen.push(text);
      socket.write(OK);
    };
    const signal = new Canceller();
    const given = send({ signal, body: 'no' });
    signal.abort(new Error('given up'));
    await expect(given).rejects.toBeInstanceOf(NotSentError);
    expect(String((await send({ body: 'yes' })).whole)).toBe('{}');
    expect(seen.map((text) => text.slice(-3))).toEqual(['yes']);
  });

  it('lets a server wait whose answer is not read, and loses nothing of it', async () => {
    const size = 64 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, 'a');
    let written = 0;
    const write = (socket: Socket): void => {
      while (written < size) {
        written += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    take = (socket) => {
      socket.on('drain', () => write(socket));
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${size}\r\n\r\n`);
      write(socket);
    };
    const response = await send({ gather: undefined });
    // Until nothing has gone on for many turns; what is not read fits into the buffers of the system.
    for (let before = -1, turns = 0; turns < 500; turns = written === before ? turns + 1 : 0) {
      before = written;
      await nextTurn();
    }
    expect(written).toBeLessThan(size);
    let bytes = 0;
    await response.body.read((chunk) => {
      bytes += chunk.length;
    });
    expect(bytes).toBe(size);
    take = (socket) => socket.write(OK);
    await nextTurn();
    expect(String((await send()).whole)).toBe('{}');
    expect(sockets).toHaveLength(1);
  });

  it('reads a body without a length up to the end, and fails where the connection breaks', async () => {
    take = (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a":1}');
    expect(String((await send()).whole)).toBe('{"a":1}');
    take = (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a":1}');
    await expect(send()).rejects.toThrow();
    take = (socket) => socket.end(`${CHUNKED}7\r\n{"a":1}\r\n`);
    await expect(send()).rejects.toThrow();
  });

  it('is no connection to a server that speaks something else', async () => {
    take = (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    await expect(send()).rejects.toThrow();
    take = (socket) => socket.write(OK);
    expect(String((await send()).whole)).toBe('{}');
  });

  it('is closed before the server closes it', async () => {
    take = (socket) => socket.write(OK.replace('content-type', 'keep-alive: timeout=2\r\ncontent-type'));
    expect(String((await send()).whole)).toBe('{}');
    await new Promise((resolve) => sockets[0]?.once('close', resolve));
    expect(String((await send()).whole)).toBe('{}');
    expect(sockets).toHaveLength(2);
  });
});
