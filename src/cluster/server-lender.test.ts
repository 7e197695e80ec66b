import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import { createDeferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ClientAnswer, UpstreamConnection, Upstreams } from '../upstream/contract.ts';
import { httpServer } from '../upstream/testing.ts';
import { partitionUpstreams } from './partitioned-upstreams.ts';
import { ServerBorrower } from './server-borrower.ts';
import { ServerLender } from './server-lender.ts';

const server = httpServer('http://127.0.0.1:1/mcp');

/** A worker that has the server, by a link like this one, and another worker that borrows it. */
async function meet(
  parts: Partial<UpstreamConnection>,
  event = (): void => {},
  notify: Upstreams['notify'] = () => {},
) {
  const link = { facts: { era: 'legacy', capabilities: {} }, ...parts } as UpstreamConnection;
  const upstreams = { lease: () => link, expect: () => {}, notify } as Partial<Upstreams> as Upstreams;
  const owner = new ServerLender({ definition: () => server, asked: async () => ({ value: null }) });
  const folder = mkdtempSync(join(tmpdir(), 'remote-'));
  const listening = createServer((socket) => owner.serve(socket, upstreams));
  onTestFinished(() => {
    listening.close();
    rmSync(folder, { recursive: true });
  });
  await new Promise<void>((resolve) => listening.listen(join(folder, 's'), resolve));
  const socket = dial(join(folder, 's'));
  const remoteClient = new ServerBorrower({ event, replaced: () => {}, caughtUp: async () => {} });
  remoteClient.connect(socket);
  return { owner, remoteClient, socket };
}

/** A call in which the server asks something. */
async function lend() {
  const answered = createDeferred<ClientAnswer | undefined>();
  const { remoteClient, socket } = await meet({
    request: (_method, _params, { onRequest }) => {
      const question = { method: 'roots/list', params: '', withdrawn: new Canceller() };
      void onRequest?.(question).then(answered.resolve);
      return new Promise(() => {});
    },
  });
  const asked = createDeferred<void>();
  const over = new Canceller();
  const borrowed = await remoteClient.lease(server, { timeoutMs: 5000 });
  const call = borrowed.request('tools/call', '', {
    timeoutMs: 5000,
    signal: over,
    onRequest: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  call.catch(() => undefined);
  await asked.promise;
  return { answered: answered.promise, call, over, socket };
}

it('a question is answered when the worker whose call led to it is gone', async () => {
  const { answered, socket } = await lend();
  socket.destroy();
  expect(await answered).toMatchObject({ ok: false });
});

it('a question is answered when the call that led to it is cancelled', async () => {
  const { answered, over } = await lend();
  over.abort();
  expect(await answered).toMatchObject({ ok: false });
});

it('a call that was with a worker which is gone may have taken effect', async () => {
  const { call, socket } = await lend();
  socket.destroy();
  await expect(call).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message:
      'Server "fixture" was lost: the worker that ran it ended. The call may have taken effect: check before you repeat it.',
  });
});

it('a call that is cancelled by the end of the gateway may have taken effect', async () => {
  const { call, over } = await lend();
  over.abort(new GatewayError('SHUTTING_DOWN', 'The gateway ends.'));
  await expect(call).rejects.toThrow('The gateway ends. The call may have taken effect: check before you repeat it.');
});

it.each(['connected', 'disconnected'] as const)(
  'a call whose lease was just given is sent, when another connection of its server is %s in between',
  async (what) => {
    const noticed = createDeferred<void>();
    const { owner, remoteClient } = await meet(
      { request: () => Promise.resolve({ ok: false, code: 1, message: 'arrived' }) },
      () => noticed.resolve(),
    );
    const link = await remoteClient.lease(server, { timeoutMs: 5000 });
    owner.events[what]?.(server);
    await noticed.promise;
    expect(await link.request('tools/call', '', { timeoutMs: 5000 })).toMatchObject({ message: 'arrived' });
    expect(await remoteClient.lease(server, { timeoutMs: 5000 })).not.toBe(link);
  },
);

it('a notification of a client reaches a server of another worker', async () => {
  const told = createDeferred<unknown[]>();
  const { remoteClient } = await meet({}, undefined, (...what) => told.resolve(what));
  const tenant = {
    owner: 'p',
    agent: 'a',
    session: 's',
    sole: true,
    capabilities: '{"roots":{}}',
    requestCapabilities: '{}',
  };
  const upstreams = partitionUpstreams({} as Upstreams, {
    ownerOf: () => 1,
    own: 0,
    borrowers: new Map([[1, remoteClient]]),
  });
  upstreams.notify(server, tenant, 'notifications/roots/list_changed', '"a":1');
  expect(await told.promise).toEqual([server, tenant, 'notifications/roots/list_changed', '"a":1']);
});
