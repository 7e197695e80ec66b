import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import type { UpstreamEvents } from '../upstream/contract.ts';
import { httpServer } from '../upstream/testing.ts';
import type { ConfigReplica } from './config-replica.ts';
import { createWorkerMesh } from './worker-mesh.ts';

it('servers of a worker that was replaced count as connected anew, those of others do not', async () => {
  const listening = createServer();
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  const socket = (): Socket => {
    const made = connect((listening.address() as { readonly port: number }).port, '127.0.0.1');
    sockets.push(made);
    return made;
  };
  const owners = new Map([
    ['own', 0],
    ['one', 1],
    ['other', 1],
    ['third', 2],
  ]);
  const servers = new Map([...owners.keys()].map((name) => [name, { ...httpServer('http://127.0.0.1:1/mcp'), name }]));
  const config = {
    current: () => ({ servers }) as Partial<Snapshot> as Snapshot,
    ownerOf: (name) => owners.get(name) ?? 0,
    caughtUp: async () => {},
  } satisfies Partial<ConfigReplica> as Partial<ConfigReplica> as ConfigReplica;
  const mesh = createWorkerMesh({ own: 0, of: 3, config, asked: async () => ({ value: null }) });
  const connected: string[] = [];
  mesh.listen({ connected: ({ name }) => void connected.push(name) } as Partial<UpstreamEvents> as UpstreamEvents);
  mesh.borrow(socket(), 1);
  mesh.borrow(socket(), 2);
  expect(connected).toEqual([]);
  mesh.borrow(socket(), 1);
  expect(connected).toEqual(['one', 'other']);
});
