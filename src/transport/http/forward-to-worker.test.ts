import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createWorkerForwarding } from './forward-to-worker.ts';

async function listen(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** @param port of the other worker; undefined where it is not there. */
const elsewhereAt = (port: number | undefined) =>
  createWorkerForwarding({
    workerOf: () => 1,
    homeOf: () => 1,
    isOther: () => true,
    reach: async (): Promise<Socket> => {
      if (port === undefined) throw new Error('It is not there.');
      return connect(port, '127.0.0.1');
    },
  });

/** The error for a caller whose request is handed on to a worker that ends. */
async function handedOn(worker: RequestListener | undefined): Promise<{ status: number; message: string }> {
  const forwarding = elsewhereAt(worker && (await listen(worker)));
  const port = await listen((request, response) => forwarding.of('w1.session')?.(request, response));
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
  const asked: string[] = [];
  const other = await listen((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  const forwarding = elsewhereAt(other);
  const port = await listen((request, response) => {
    const handOn = (): void => forwarding.of('w1.session')?.(request, response, '{}');
    if (request.url === '/given-up') response.once('close', handOn).destroy();
    else handOn();
  });
  await expect(fetch(`http://127.0.0.1:${port}/given-up`)).rejects.toThrow();
  await fetch(`http://127.0.0.1:${port}/wanted`);
  expect(asked).toEqual(['/wanted']);
});
