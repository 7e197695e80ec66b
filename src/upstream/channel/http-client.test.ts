import dns from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHttpClient, readResponseBody } from './http-client.ts';

let http: Server;
let sockets: Set<unknown>;
let port: number;

beforeEach(async () => {
  sockets = new Set();
  http = createServer((request, response) => {
    sockets.add(request.socket);
    response.end('ok');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  ({ port } = http.address() as AddressInfo);
});

afterEach(async () => {
  vi.restoreAllMocks();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

it('keeps its connection, and looks the name up again after a minute', async () => {
  // The system decides what "localhost" is; here it is where the server listens.
  const lookup = vi
    .spyOn(dns, 'lookup')
    .mockImplementation(((_name: string, _options: object, done: Found) =>
      process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }])) as typeof dns.lookup);
  const clock = performance.now.bind(performance);
  let ahead = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + ahead);
  const definition = { transport: 'http', url: `http://localhost:${port}/mcp`, headers: new Map() } as const;
  const client = createHttpClient('s', definition, '1');
  const ask = async (): Promise<void> => {
    const response = await client.request({ method: 'GET', headers: {}, signal: new AbortController().signal });
    expect(await readResponseBody('s', response, 100)).toBe('ok');
    // The connection is free a moment after the end of its response.
    await new Promise(setImmediate);
  };
  for (let call = 0; call < 3; call++) await ask();
  expect([lookup.mock.calls.length, sockets.size]).toEqual([1, 1]);
  ahead = 61_000;
  for (let call = 0; call < 3; call++) await ask();
  expect([lookup.mock.calls.length, sockets.size]).toEqual([2, 2]);
  await client.close();
});

type Found = (error: null, addresses: { address: string; family: number }[]) => void;
