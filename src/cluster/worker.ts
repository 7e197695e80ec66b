/** One worker: a whole gateway, except for what exists once. */
import type { Socket } from 'node:net';
import process from 'node:process';
import { unlistedIn } from '../catalog/unlisted-resources.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { AttestedUses } from '../identity/attestations.ts';
import type { FoundResult, LocalResultStore, ResultStore } from '../operations/results/result-store.ts';
import { createWorkerForwarding } from '../transport/http/forward-to-worker.ts';
import type { WorkerContext } from '../transport/worker-context.ts';
import type { ControlVerb } from '../upstream/contract.ts';
import { type ConfigReplica, createConfigReplica } from './config-replica.ts';
import type { IpcChannel, Passed } from './ipc-channel.ts';
import type { PrimaryApi, StartOrder, WorkerApi } from './ipc-messages.ts';
import { partitionUpstreams } from './partitioned-upstreams.ts';
import { askingLimiter } from './shared-limits.ts';
import { createWorkerDialer } from './worker-dialer.ts';
import { createWorkerMesh, type WorkerMesh } from './worker-mesh.ts';
import { homeOfProgram, tagOf, workerNamed } from './worker-tags.ts';

export interface Worker {
  readonly gateway: Gateway;
  /** A connection that the first process gives to this one. */
  take(socket: Socket, what: Passed): void;
  readonly api: Omit<WorkerApi, 'start'>;
}

/** @throws GatewayError where it cannot start */
export async function startWorker(order: StartOrder, channel: IpcChannel<PrimaryApi>): Promise<Worker> {
  const config = await createConfigReplica(
    order,
    () => channel.tell('reload'),
    (err) => gateway.log.error({ err }, 'a reload failed unexpectedly'),
  );
  const reach = createWorkerDialer((worker, id) => channel.ask('reach', worker, id));
  let ready: readonly number[] = [];
  let results: LocalResultStore | undefined;
  const asked = async (what: string, value: unknown) => {
    if (what === 'control') {
      const [server, verb] = value as readonly [string, ControlVerb];
      return { value: await gateway.own.control(server, verb) };
    }
    if (what === 'unlisted') {
      const [name, key, owner, uri] = value as readonly [string, string, string, string];
      const server = config.definition(name, key);
      const known = server && (await unlistedIn(gateway.parts.catalog, server, owner, uri));
      return { value: null, body: JSON.stringify(known === undefined ? [] : [known]) };
    }
    const [handle, ownerAndAgent] = value as readonly [string, string];
    return resultText(results?.find(handle, ownerAndAgent));
  };
  const mesh = createWorkerMesh({ own: order.number, of: order.of, config, asked });
  const worker: WorkerContext = {
    number: order.number,
    tag: tagOf(order.number),
    share: 1 / order.of,
    startedAt: order.startedAt,
    config,
    limiter: askingLimiter(channel),
    attestations: askingAttestations(channel),
    forwarding: createWorkerForwarding({
      workerOf: workerNamed,
      homeOf: (code) => homeOfProgram(code, order.of),
      isOther: (worker) => worker !== order.number && ready.includes(worker),
      reach: reach.to,
    }),
    owns: (server) => config.ownerOf(server) === order.number,
    events: mesh.listen,
    upstreams: (own) =>
      partitionUpstreams(own, { ownerOf: config.ownerOf, own: order.number, borrowers: mesh.borrowers }),
    results(own) {
      results = own;
      return allResults(own, mesh, order.number);
    },
    unlisted: (server, owner, uri) => mesh.askAll('unlisted', [server.name, server.key, owner, uri]),
    servers: () => channel.ask('servers'),
    spending: () => channel.ask('spending'),
    metrics: (format, sight) => channel.ask('metrics', format, sight),
    // Rather twice than never.
    isNews: (server, digest) => channel.ask('isNews', server, digest).catch(() => true),
    drained: () => channel.ask('drained'),
  };
  const gateway = await createGateway(order.settings, { worker });
  await gateway.serveHttp();
  const take = (socket: Socket, what: Passed): void => {
    switch (what.kind) {
      case 'client':
        gateway.adopt(socket, Buffer.from(what.head));
        break;
      case 'handed on':
        gateway.adopt(socket, Buffer.alloc(0));
        break;
      case 'reached':
        reach.received(what.id, socket);
        break;
      case 'lend':
        mesh.lend(socket, gateway.parts.upstreams);
        break;
      case 'borrow':
        mesh.borrow(socket, what.from);
    }
  };
  return { gateway, take, api: apiOf(gateway, config, channel, (numbers) => (ready = numbers)) };
}

function apiOf(
  gateway: Gateway,
  config: ConfigReplica,
  channel: IpcChannel<PrimaryApi>,
  others: (ready: readonly number[]) => void,
): Worker['api'] {
  const { own } = gateway;
  const followed = new Map<number, () => void>();
  return {
    others,
    prepare: config.prepare,
    swap: config.swap,
    reloaded: config.reloaded,
    servers: own.servers,
    serverCalls: own.serverCalls,
    clients: own.clients,
    spent: own.spent,
    measures: own.measures,
    control: own.control,
    answer: (...said) => own.answer(...said),
    output: (server) => own.output(server)?.text(),
    follow(id, server) {
      const output = own.output(server);
      if (output === undefined) return undefined;
      followed.set(
        id,
        output.follow((text) => channel.tell('written', id, text)),
      );
      return output.text();
    },
    unfollow(id) {
      followed.get(id)?.();
      followed.delete(id);
    },
    stop: (drainMs) => gateway.stop(drainMs),
  };
}

/** Hooks speak to the first process; it gives what they attested once. */
function askingAttestations(channel: IpcChannel<PrimaryApi>): AttestedUses {
  return { take: (id) => channel.ask('attested', id).catch(() => undefined) };
}

/** A handle says which worker keeps its result. */
function allResults(own: LocalResultStore, mesh: WorkerMesh, number: number): ResultStore {
  return {
    ...own,
    find(handle, ownerAndAgent) {
      const worker = workerNamed(handle);
      const borrower = worker === undefined || worker === number ? undefined : mesh.borrowers.get(worker);
      if (borrower === undefined) return own.find(handle, ownerAndAgent);
      return borrower.ask('result', [handle, ownerAndAgent]).then(resultOf, () => undefined);
    },
  };
}

interface ResultFacts {
  readonly server: string;
  readonly tool: string;
  readonly labels: readonly string[] | undefined;
  /** Characters of the text; what follows it is the JSON. */
  readonly length: number;
  /** `same` where the text is the JSON. */
  readonly json: 'none' | 'same' | 'after';
}

function resultText(kept: FoundResult | undefined): { readonly value: ResultFacts | null; readonly body?: string } {
  if (kept === undefined) return { value: null };
  const { server, tool, text, json, labels } = kept;
  const where = json === undefined ? 'none' : json === text ? 'same' : 'after';
  return {
    value: { server, tool, labels, length: text.length, json: where },
    body: where === 'after' ? text + json : text,
  };
}

function resultOf({ value, body }: { readonly value: unknown; readonly body: string }): FoundResult | undefined {
  if (value === null) return undefined;
  const { server, tool, labels, length, json } = value as ResultFacts;
  const text = body.slice(0, length);
  const found = { none: undefined, same: text, after: body.slice(length) }[json];
  // Its keeper forgets it when it is no longer permitted; here it is read once.
  return { server, tool, text, json: found, labels, permitted: () => true };
}

/** A worker that lost the first process ends at once; its guardian ends its servers. @param worker undefined once stopped */
export function leave(worker: Worker | undefined): never {
  worker?.gateway.kill();
  process.exit(worker === undefined ? 0 : 1);
}
