/**
 * Accepts connections: the first process looks at the first bytes, and gives each to the worker that has its
 * session, or to the next one in turn. It reads nothing else of them.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { cannotListen } from '../transport/http/listen-error.ts';
import { stopListening } from '../transport/http/stop-listening.ts';
import { workerInHead } from './worker-tags.ts';

/** Milliseconds that a connection may stay silent. */
const SILENCE_MS = 60_000;

interface AcceptorOptions {
  readonly host: string;
  readonly port: number;
  /** Takes a connection and what was read of it. @param worker whose session it is; undefined for anybody */
  readonly enter: (socket: Socket, head: Buffer, worker: number | undefined) => void;
  readonly failed: (error: unknown) => void;
}

export interface Acceptor {
  readonly url: string;
  /** Accepts for `ms` milliseconds more. */
  leave(ms: number): Promise<void>;
  /** Accepts no more. */
  close(): void;
}

/** @throws GatewayError CANNOT_LISTEN */
export function openAcceptor({ host, port, enter, failed }: AcceptorOptions): Promise<Acceptor> {
  const silent = new Set<Socket>();
  // With a mark of 0, a socket stops to read after its first chunk: nothing is lost when it is given away.
  const server = createServer({ highWaterMark: 0, noDelay: true }, (socket) => {
    const leave = (): void => {
      silent.delete(socket);
      socket.removeAllListeners();
    };
    silent.add(socket);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => silent.delete(socket));
    socket.once('end', () => socket.destroy());
    socket.on('readable', () => {
      const head = socket.read() as Buffer | null;
      if (head === null) return;
      leave();
      socket.setTimeout(0);
      socket.pause();
      enter(socket, head, workerInHead(head));
    });
  });
  return new Promise((resolve, reject) => {
    const refused = (error: unknown): void => reject(cannotListen(error, host, port));
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      server.on('error', failed);
      const name = host.includes(':') ? `[${host}]` : host;
      resolve({
        url: `http://${name}:${(server.address() as AddressInfo).port}/mcp`,
        leave: (ms) => stopListening(server, ms, silent),
        close() {
          server.close();
          for (const socket of silent) socket.destroy();
        },
      });
    });
  });
}
