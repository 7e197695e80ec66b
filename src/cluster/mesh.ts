/** How the workers reach each other's servers: each listens at a local socket, and connects to those of the others. */
import { connect, createServer, type Server } from 'node:net';
import { type Borrower, createBorrower } from '../downstream/remote/borrower.ts';
import { createOwner, type Owner, type OwnerOptions } from '../downstream/remote/owner.ts';
import type { Downstream, DownstreamEvents } from '../downstream/types.ts';
import type { Follower } from './follower.ts';
import type { Paths } from './messages.ts';

export interface MeshOptions {
  readonly own: number;
  readonly of: number;
  readonly config: Follower;
  /** Told what happens to any server. */
  readonly heard: DownstreamEvents;
  readonly asked: OwnerOptions['asked'];
  readonly failed: (error: unknown) => void;
}

export interface Mesh {
  readonly owner: Owner;
  /** By number of the worker; none for this one. */
  readonly borrowers: ReadonlyMap<number, Borrower>;
  /** @throws the error of listen(2) */
  listen(path: string, downstream: Downstream): Promise<void>;
  /** Where the others are now. */
  others(paths: readonly (Paths | undefined)[]): void;
  close(): void;
}

export function createMesh({ own, of, config, heard, asked, failed }: MeshOptions): Mesh {
  let server: Server | undefined;
  let known: readonly (Paths | undefined)[] = [];

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
    listen(path, downstream) {
      const made = createServer((socket) => {
        socket.on('error', () => socket.destroy());
        owner.serve(socket, downstream);
      });
      server = made;
      return new Promise((resolve, reject) => {
        made.once('error', reject);
        made.listen(path, () => {
          made.off('error', reject);
          made.on('error', failed);
          resolve();
        });
      });
    },
    others(paths) {
      for (const [number, borrower] of borrowers) {
        const path = paths[number]?.servers;
        if (path === undefined || path === known[number]?.servers) continue;
        const socket = connect(path);
        socket.on('error', () => socket.destroy());
        socket.once('connect', () => borrower.connect(socket));
      }
      known = paths;
    },
    close() {
      server?.close();
    },
  };
}
