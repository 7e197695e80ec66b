/** The connections of the workers to each other's servers, over connections that the first process made for them. */
import type { Socket } from 'node:net';
import type { UpstreamEvents, Upstreams } from '../upstream/contract.ts';
import type { ConfigReplica } from './config-replica.ts';
import { ServerBorrower } from './server-borrower.ts';
import { ServerLender, type ServerLenderOptions } from './server-lender.ts';

interface WorkerMeshOptions {
  readonly own: number;
  readonly of: number;
  readonly config: ConfigReplica;
  /** Told what happens to any server. */
  readonly heard: UpstreamEvents;
  readonly asked: ServerLenderOptions['asked'];
}

export interface WorkerMesh {
  readonly lender: ServerLender;
  /** The way to the servers of each other worker, by its number; none for this one. */
  readonly lenders: ReadonlyMap<number, ServerBorrower>;
  /** Another worker uses the servers of this one over it. */
  lend(socket: Socket, upstreams: Upstreams): void;
  /** To the servers of the worker of that number. */
  borrow(socket: Socket, from: number): void;
}

export function createWorkerMesh({ own, of, config, heard, asked }: WorkerMeshOptions): WorkerMesh {
  const event = (kind: string, name: string, key: string, uri: string): void => {
    const definition = config.definition(name, key);
    if (definition === undefined) return;
    if (kind === 'resourceUpdated') heard.resourceUpdated(definition, uri);
    else if (kind === 'toolsChanged' || kind === 'promptsChanged' || kind === 'resourcesChanged')
      heard[kind](definition);
    else if (kind === 'connected') heard.connected(definition);
  };
  const numbers = Array.from({ length: of }, (_, number) => number).filter((number) => number !== own);
  const lenders = new Map(numbers.map((number) => [number, new ServerBorrower({ event, caughtUp: config.caughtUp })]));
  const lender = new ServerLender({ definition: config.definition, asked });

  return {
    lender,
    lenders,
    lend(socket, upstreams) {
      socket.on('error', () => socket.destroy());
      lender.serve(socket, upstreams);
    },
    borrow(socket, from) {
      socket.on('error', () => socket.destroy());
      lenders.get(from)?.connect(socket);
    },
  };
}
