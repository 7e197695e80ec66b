/**
 * Connections between two processes of this gateway: the first process makes both ends, and hands them over. They have no name
 * that another program could connect to or put itself behind, whatever account it runs under.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The two ends of one connection; neither has been read. */
export type SocketPair = readonly [Socket, Socket];

const HERE = '127.0.0.1';

export interface SocketPairs {
  /** @throws the error of socket(2), accept(2) or connect(2) */
  make(): Promise<SocketPair>;
  close(): void;
}

/**
 * TCP on loopback, because it tells both ends of a connection by their addresses and ports: what was accepted is ours where its other end is the
 * socket that this process has just connected. Whatever else connects is closed unread.
 * @throws the error of listen(2)
 */
export function openSocketPairs(): Promise<SocketPairs> {
  /** By the port of their other end. */
  const accepted = new Map<number, Socket>();
  const wanted = new Map<number, (socket: Socket) => void>();
  let dialling = 0;

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    const port = socket.remotePort ?? 0;
    // Another address of this machine (127.0.0.2) has ports of its own.
    const isHere = socket.remoteAddress === HERE;
    const take = isHere ? wanted.get(port) : undefined;
    if (take !== undefined) take(socket);
    else if (isHere && dialling > 0) accepted.set(port, socket);
    else socket.destroy();
  });

  /** The accepted end of the connection that was made from a port. */
  const otherEnd = (port: number): Promise<Socket> =>
    new Promise((resolve) => {
      const take = (socket: Socket): void => {
        accepted.delete(port);
        wanted.delete(port);
        resolve(socket);
      };
      const early = accepted.get(port);
      if (early === undefined) wanted.set(port, take);
      else take(early);
    });

  /** Strangers who came meanwhile. */
  const clear = (): void => {
    for (const socket of accepted.values()) socket.destroy();
    accepted.clear();
  };

  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const socket = connect({ host: HERE, localAddress: HERE, port, noDelay: true });
      // Nothing is read here of what the other process is sent.
      socket.pause();
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => socket.destroy());
        resolve(socket);
      });
    });

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HERE, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      server.unref();
      resolve({
        async make() {
          dialling++;
          try {
            const one = await dial();
            return [one, await otherEnd(one.localPort ?? 0)];
          } finally {
            if (--dialling === 0) clear();
          }
        },
        close: () => void server.close(),
      });
    });
  });
}
