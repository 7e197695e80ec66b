import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { Settings } from '../../config/settings.ts';
import { sendTold } from './ui-page.ts';
import { UiThread } from './ui-thread.ts';

it('a stream is ended where whoever asked was gone before it began', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const asking = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  asking.on('error', () => undefined);
  const [, response] = await once(server, 'request');
  asking.destroy();
  await once(response, 'close');
  let ended = 0;
  sendTold(response, { follow: () => () => void ended++ });
  expect(ended).toBe(1);
  server.close();
});

const THREAD = `const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ id, ask }) => {
    if (ask?.path === 'die') process.exit(1);
    if (ask !== undefined) parentPort.postMessage({ id, follows: true });
  });`;

it('streams are over when the thread behind them is lost', async () => {
  const thread = new UiThread({ settings: {} as Settings, socket: '' }, () => new Worker(THREAD, { eval: true }));
  const ask = (path: string) => thread.ask({ method: 'GET', path, body: undefined, who: 'ann', mayWrite: false });
  const told = await ask('feed');
  const late = await ask('feed');
  if (!('follow' in told && 'follow' in late)) return expect.unreachable('no stream');
  let over = 0;
  told.follow(
    () => true,
    () => void over++,
  );
  expect(await ask('die')).toMatchObject({ status: 500 });
  expect(over).toBe(1);
  late.follow(
    () => true,
    () => void over++,
  );
  expect(over).toBe(2);
  thread.close();
});
