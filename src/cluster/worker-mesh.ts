/** The connections of the workers to each other's servers, over connections that the first process made for them. */
import type { Socket } from 'node:net';
import type { UpstreamEvents, Upstreams } from '../upstream/contract.ts';
import type { ConfigReplica } from './config-replica.ts';
import { RemoteClient } from './remote-client.ts';
import { RemoteServer, type RemoteServerOptions } from './remote-server.ts';

interface WorkerMeshOptions {
  readonly own: number;
  readonly of: number;
  readonly config: ConfigReplica;
  /** Told what happens to any server. */
  readonly heard: UpstreamEvents;
  readonly asked: RemoteServerOptions['asked'];
}

export interface WorkerMesh {
  readonly owner: RemoteServer;
  /** By number of the worker; none for this one. */
  readonly borrowers: ReadonlyMap<number, RemoteClient>;
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
  const borrowers = new Map(numbers.map((number) => [number, new RemoteClient({ event, caughtUp: config.caughtUp })]));
  const owner = new RemoteServer({ definition: config.definition, asked });

  return {
    owner,
    borrowers,
    lend(socket, upstreams) {
      socket.on('error', () => socket.destroy());
      owner.serve(socket, upstreams);
    },
    borrow(socket, from) {
      socket.on('error', () => socket.destroy());
      borrowers.get(from)?.connect(socket);
    },
  };
}
