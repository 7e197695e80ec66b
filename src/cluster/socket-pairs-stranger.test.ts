/** A stranger who calls from another address of this machine, with the very port of the end that belongs there. */
import { createServer, type Socket, type TcpNetConnectOpts } from 'node:net';
import process from 'node:process';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openSocketPairs } from './socket-pairs.ts';

const world = vi.hoisted(() => ({ port: 0, strangers: [] as Socket[] }));
vi.mock(import('node:net'), async (original) => {
  const real = await original();
  const connect = (options: TcpNetConnectOpts): Socket => {
    const from = (localAddress: string): Socket =>
      real.connect({ ...options, localAddress, localPort: world.port }).on('error', () => undefined);
    const [before, ours, after] = [from('127.0.0.2'), from('127.0.0.1'), from('127.0.0.3')];
    for (const stranger of [before, after]) stranger.write('ask me');
    world.strangers.push(before, after);
    return ours;
  };
  return { ...real, connect: connect as typeof real.connect };
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

// Other systems have one loopback address.
it.runIf(process.platform === 'linux')('gets no end', async () => {
  const pairs = await openSocketPairs();
  const made: Socket[] = [];
  onTestFinished(() => {
    pairs.close();
    for (const socket of [...made, ...world.strangers]) socket.destroy();
  });
  for (let count = 0; count < 5; count++) {
    world.port = await freePort();
    const [one, other] = await pairs.make();
    made.push(one, other);
    one.write('ours');
    const said = await new Promise((resolve) => other.resume().once('data', resolve));
    expect([other.remoteAddress, String(said)]).toEqual(['127.0.0.1', 'ours']);
  }
});
