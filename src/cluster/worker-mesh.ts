/** The connections of the workers to each other's servers, over connections that the first process made for them. */
import type { Socket } from 'node:net';
import { within } from '../shared/wait-for.ts';
import type { UpstreamEvents, Upstreams } from '../upstream/contract.ts';
import type { ConfigReplica } from './config-replica.ts';
import { ServerBorrower } from './server-borrower.ts';
import { ServerLender, type ServerLenderOptions } from './server-lender.ts';

/** Milliseconds that the others have for what one can do without. */
const ASK_MS = 1000;

interface WorkerMeshOptions {
  readonly own: number;
  readonly of: number;
  readonly config: ConfigReplica;
  readonly asked: ServerLenderOptions['asked'];
}

export interface WorkerMesh {
  readonly lender: ServerLender;
  /** The way to the servers of each other worker, by its number; none for this one. */
  readonly borrowers: ReadonlyMap<number, ServerBorrower>;
  /** Asks all other workers for lists, JSON text each. @returns them together, without those that do not come in time. Never rejects */
  askAll<T>(what: string, value: unknown): Promise<readonly T[]>;
  /** From now on `heard` is told what happens to any server. @returns the events of the own servers, for it and for the other workers */
  listen(heard: UpstreamEvents): UpstreamEvents;
  /** Another worker uses the servers of this one over it. */
  lend(socket: Socket, upstreams: Upstreams): void;
  /** To the servers of the worker of that number. */
  borrow(socket: Socket, from: number): void;
}

export function createWorkerMesh({ own, of, config, asked }: WorkerMeshOptions): WorkerMesh {
  let heard: UpstreamEvents | undefined;
  const event = (kind: string, name: string, key: string, uri: string): void => {
    const definition = config.definition(name, key);
    if (definition === undefined || heard === undefined) return;
    if (kind === 'resourceUpdated') heard.resourceUpdated(definition, uri);
    else if (kind === 'taskChanged') heard.taskChanged(definition, uri);
    else if (kind === 'toolsChanged' || kind === 'promptsChanged' || kind === 'resourcesChanged')
      heard[kind](definition);
    else if (kind === 'connected') heard.connected(definition);
  };
  const numbers = Array.from({ length: of }, (_, number) => number).filter((number) => number !== own);
  const replaced = (number: number): void => {
    for (const definition of config.current().servers.values()) {
      if (config.ownerOf(definition.name) === number) heard?.connected(definition);
    }
  };
  const { caughtUp } = config;
  const borrowers = new Map(
    numbers.map((number) => [number, new ServerBorrower({ event, replaced: () => replaced(number), caughtUp })]),
  );
  const lender = new ServerLender({ definition: config.definition, asked });

  return {
    lender,
    borrowers,
    async askAll<T>(what: string, value: unknown) {
      const answers = [...borrowers.values()].map(async (borrower): Promise<readonly T[]> => {
        const asking = borrower.ask(what, value).then(
          ({ body }) => JSON.parse(body) as readonly T[],
          () => [],
        );
        return (await within(asking, ASK_MS)) ?? [];
      });
      return (await Promise.all(answers)).flat();
    },
    listen(listener) {
      heard = listener;
      return both(lender.events, listener);
    },
    lend(socket, upstreams) {
      socket.on('error', () => socket.destroy());
      lender.serve(socket, upstreams);
    },
    borrow(socket, from) {
      socket.on('error', () => socket.destroy());
      borrowers.get(from)?.connect(socket);
    },
  };
}

/** Events of servers: of this worker's at once, of the others' over the mesh. */
function both(events: UpstreamEvents, heard: UpstreamEvents): UpstreamEvents {
  return {
    connected(server) {
      events.connected(server);
      heard.connected(server);
    },
    disconnected(server) {
      events.disconnected(server);
      heard.disconnected(server);
    },
    toolsChanged(server) {
      events.toolsChanged(server);
      heard.toolsChanged(server);
    },
    promptsChanged(server) {
      events.promptsChanged(server);
      heard.promptsChanged(server);
    },
    resourcesChanged(server) {
      events.resourcesChanged(server);
      heard.resourcesChanged(server);
    },
    resourceUpdated(server, uri) {
      events.resourceUpdated(server, uri);
      heard.resourceUpdated(server, uri);
    },
    taskChanged(server, id) {
      events.taskChanged(server, id);
      heard.taskChanged(server, id);
    },
    said: heard.said,
    asked: heard.asked,
  };
}
