import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createElsewhere } from './elsewhere.ts';

async function listen(at: string | number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return server;
}

/** What a caller is told whose request is handed on to a worker that ends. */
async function handedOn(worker: RequestListener | undefined): Promise<{ status: number; message: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 's');
  if (worker !== undefined) await listen(path, worker);
  const elsewhere = createElsewhere({ workerOf: () => 1, pathOf: () => path });
  const front = await listen(0, (request, response) => elsewhere.of('w1.session')?.(request, response));
  const { port } = front.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}' });
  const { error } = (await response.json()) as { error: { message: string } };
  return { status: response.status, message: error.message };
}

it('a worker that ended with the request may have done something', async () => {
  expect(await handedOn((request) => request.socket.destroy())).toEqual({
    status: 503,
    message: 'The worker of this request ended. The call may have taken effect: check before you repeat it.',
  });
});

it('a worker that is not there has done nothing', async () => {
  expect(await handedOn(undefined)).toEqual({
    status: 503,
    message: 'The worker of this request ended. Nothing was sent: try again.',
  });
});

it('what its caller gave up is not handed on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 's');
  const asked: string[] = [];
  await listen(path, (request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  const elsewhere = createElsewhere({ workerOf: () => 1, pathOf: () => path });
  const front = await listen(0, (request, response) => {
    const handOn = (): void => elsewhere.of('w1.session')?.(request, response, '{}');
    if (request.url === '/given-up') response.once('close', handOn).destroy();
    else handOn();
  });
  const { port } = front.address() as AddressInfo;
  await expect(fetch(`http://127.0.0.1:${port}/given-up`)).rejects.toThrow();
  await fetch(`http://127.0.0.1:${port}/wanted`);
  expect(asked).toEqual(['/wanted']);
});
