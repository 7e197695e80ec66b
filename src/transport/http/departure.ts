/** An HTTP server that leaves: each connection ends with its next answer, and whoever comes again is sent elsewhere by a load balancer. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ARRIVE_MS, stopListening } from './stop-listening.ts';

export class Departure {
  readonly #server: Server;
  /** Connections without a request yet, of those that were made meanwhile. */
  readonly #silent = new Set<Socket>();
  #hasBegun = false;

  constructor(server: Server) {
    this.#server = server;
  }

  /** True once it leaves. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** This is the last request of its connection. */
  last({ socket }: IncomingMessage, response: ServerResponse): void {
    response.shouldKeepAlive = false;
    this.#silent.delete(socket);
  }

  /**
   * Takes connections for `ms` milliseconds, and then no more. Resolves when those have asked for something. A server that does not
   * listen is given connections until the one that does has stopped.
   */
  begin(ms: number): Promise<void> {
    this.#hasBegun = true;
    if (!this.#server.listening) return wait(ms + ARRIVE_MS);
    this.#server.on('connection', (socket: Socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    return stopListening(this.#server, ms, this.#silent);
  }
}
