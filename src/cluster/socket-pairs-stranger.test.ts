/** A stranger who calls from another address of this machine, with the very port of the end that belongs there. */
import { syncBuiltinESMExports } from 'node:module';
import net, { createServer, type Socket, type TcpNetConnectOpts } from 'node:net';
import process from 'node:process';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openSocketPairs } from './socket-pairs.ts';

const strangers: Socket[] = [];

/** Whoever connects is between two strangers, who have the port too. */
function letStrangersIn(port: () => number): void {
  const real = net.connect;
  const connect = (options: TcpNetConnectOpts): Socket => {
    const from = (localAddress: string): Socket =>
      real({ ...options, localAddress, localPort: port() }).on('error', () => undefined);
    const [before, ours, after] = [from('127.0.0.2'), from('127.0.0.1'), from('127.0.0.3')];
    for (const stranger of [before, after]) stranger.write('ask me');
    strangers.push(before, after);
    return ours;
  };
  const connecting = vi.spyOn(net, 'connect').mockImplementation(connect as typeof net.connect);
  syncBuiltinESMExports();
  onTestFinished(() => {
    connecting.mockRestore();
    syncBuiltinESMExports();
  });
}

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
  let port = 0;
  letStrangersIn(() => port);
  const pairs = await openSocketPairs();
  const made: Socket[] = [];
  onTestFinished(() => {
    pairs.close();
    for (const socket of [...made, ...strangers]) socket.destroy();
  });
  for (let count = 0; count < 5; count++) {
    port = await freePort();
    const [one, other] = await pairs.make();
    made.push(one, other);
    one.write('ours');
    const said = await new Promise((resolve) => other.resume().once('data', resolve));
    expect([other.remoteAddress, String(said)]).toEqual(['127.0.0.1', 'ours']);
  }
  expect(strangers).toHaveLength(10);
});
