import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { openSocketPairs, type SocketPair } from './socket-pairs.ts';

async function open() {
  const pairs = await openSocketPairs();
  const made: Socket[] = [];
  onTestFinished(() => {
    pairs.close();
    for (const socket of made) socket.destroy();
  });
  const make = async (): Promise<SocketPair> => {
    const pair = await pairs.make();
    made.push(...pair);
    return pair;
  };
  return { make, made };
}

async function read(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket.resume(), 'data')) as [Buffer];
  return chunk.toString();
}

it('both ends belong together, in both directions, also where many are made at one time', async () => {
  const { make } = await open();
  const all = await Promise.all(Array.from({ length: 20 }, make));
  for (const [at, [one, other]] of all.entries()) {
    one.write(`to ${at}`);
    expect(await read(other)).toBe(`to ${at}`);
    other.write(`back ${at}`);
    expect(await read(one)).toBe(`back ${at}`);
  }
});

it('nobody else gets an end: a stranger at the same port is closed, before, while and after one is made', async () => {
  const { make, made } = await open();
  const [first] = await make();
  const port = first.remotePort ?? 0;
  const strangers: Socket[] = [];
  const ends: Promise<unknown>[] = [];
  const knock = (): void => {
    const socket = connect(port, '127.0.0.1', () => socket.write('ask me'));
    socket.on('error', () => socket.destroy());
    ends.push(new Promise((resolve) => socket.resume().once('close', resolve)));
    strangers.push(socket);
  };
  knock();
  const making = Array.from({ length: 5 }, () => {
    knock();
    return make();
  });
  const pairs = await Promise.all(making);
  knock();
  await Promise.all(ends);
  const ours = new Set(pairs.map(([one]) => one.localPort));
  for (const [, other] of pairs) expect(ours.has(other.remotePort)).toBe(true);
  expect(strangers.every((socket) => socket.bytesRead === 0)).toBe(true);
  expect(made.every((socket) => !socket.destroyed)).toBe(true);
});
