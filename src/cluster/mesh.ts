/** How the workers reach each other's servers, over connections that the first process made for them. */
import type { Socket } from 'node:net';
import { type Borrower, createBorrower } from '../downstream/remote/borrower.ts';
import { createOwner, type Owner, type OwnerOptions } from '../downstream/remote/owner.ts';
import type { Downstream, DownstreamEvents } from '../downstream/types.ts';
import type { Follower } from './follower.ts';

export interface MeshOptions {
  readonly own: number;
  readonly of: number;
  readonly config: Follower;
  /** Told what happens to any server. */
  readonly heard: DownstreamEvents;
  readonly asked: OwnerOptions['asked'];
}

export interface Mesh {
  readonly owner: Owner;
  /** By number of the worker; none for this one. */
  readonly borrowers: ReadonlyMap<number, Borrower>;
  /** Another worker uses the servers of this one over it. */
  lend(socket: Socket, downstream: Downstream): void;
  /** To the servers of the worker of that number. */
  borrow(socket: Socket, from: number): void;
}

export function createMesh({ own, of, config, heard, asked }: MeshOptions): Mesh {
  const event = (kind: string, name: string, key: string, uri: string): void => {
    const definition = config.definition(name, key);
    if (definition === undefined) return;
    if (kind === 'resourceUpdated') heard.resourceUpdated(definition, uri);
    else if (kind === 'toolsChanged' || kind === 'promptsChanged' || kind === 'resourcesChanged')
      heard[kind](definition);
    else if (kind === 'connected') heard.connected(definition);
  };
  const numbers = Array.from({ length: of }, (_, number) => number).filter((number) => number !== own);
  const borrowers = new Map(numbers.map((number) => [number, createBorrower({ event, caughtUp: config.caughtUp })]));
  const owner = createOwner({ definition: config.definition, asked });

  return {
    owner,
    borrowers,
    lend(socket, downstream) {
      socket.on('error', () => socket.destroy());
      owner.serve(socket, downstream);
    },
    borrow(socket, from) {
      socket.on('error', () => socket.destroy());
      borrowers.get(from)?.connect(socket);
    },
  };
}
