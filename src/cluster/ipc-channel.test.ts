import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import { IpcChannel, type IpcChannelOptions, type Passed, type PeerProcess } from './ipc-channel.ts';

type Api = { readonly add: (one: number, other: number) => number; readonly fail: () => never };

/** Both ends of a channel between two processes; what is sent is cloned, as between processes. */
function connect(more: Partial<IpcChannelOptions> = {}) {
  const ends = [new EventEmitter(), new EventEmitter()] as const;
  const sent: unknown[] = [];
  const channelOf = (at: 0 | 1): PeerProcess =>
    Object.assign(ends[at], {
      send(message: unknown, handle?: Socket, _options?: object, done?: (error: Error | null) => void) {
        sent.push(message);
        setImmediate(() => {
          ends[at === 0 ? 1 : 0].emit('message', structuredClone(message), handle);
          done?.(null);
        });
        return true;
      },
    }) as unknown as PeerProcess;
  const failed = vi.fn();
  const answers: Api = {
    add: (one, other) => one + other,
    fail() {
      throw new GatewayError('RATE_LIMITED', 'Too many. Try again.', { data: { retryAfterMs: 5 } });
    },
  };
  const asking = new IpcChannel<Api>(channelOf(0), {}, { failed, ...more });
  const received: [Socket, Passed][] = [];
  const answering = new IpcChannel<never>(channelOf(1), answers, {
    failed,
    received: (socket, what) => received.push([socket, what]),
  });
  return { asking, answering, ends, sent, failed, received };
}

it('answers each question, also those that are asked in one turn, which are one message', async () => {
  const { asking, sent } = connect();
  expect(await Promise.all([asking.ask('add', 1, 2), asking.ask('add', 3, 4)])).toEqual([3, 7]);
  expect(sent).toHaveLength(2);
});

it('rejects with the error of the other side, its code and data', async () => {
  const { asking } = connect();
  await expect(asking.ask('fail')).rejects.toMatchObject({ code: 'RATE_LIMITED', data: { retryAfterMs: 5 } });
});

it('rejects what is asked when the other side is gone, before and after', async () => {
  const { asking, ends } = connect();
  const pending = asking.ask('add', 1, 2);
  ends[0].emit('disconnect');
  await expect(pending).rejects.toMatchObject({ code: 'INTERNAL' });
  await expect(asking.ask('add', 1, 2)).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('closes a connection that it gave away when the other side has it', async () => {
  const { asking, received } = connect();
  const socket = new Socket();
  const closed = once(socket, 'close');
  expect(await new Promise((resolve) => asking.handOver(socket, { kind: 'lend' }, resolve))).toBe(true);
  expect(received).toEqual([[socket, { kind: 'lend' }]]);
  await closed;
});

it('gives back the connection of a client that the other side did not get, with what was read of it', () => {
  const returned = vi.fn();
  const { asking } = connect({ returned });
  const socket = new Socket();
  const head = new Uint8Array([1, 2]);
  asking.handOver(socket, { kind: 'client', head });
  asking.end();
  expect(returned).toHaveBeenCalledExactlyOnceWith(socket, head);
  const done = vi.fn();
  asking.handOver(socket, { kind: 'lend' }, done);
  expect(done).toHaveBeenCalledExactlyOnceWith(false);
  expect(socket.destroyed).toBe(true);
});
