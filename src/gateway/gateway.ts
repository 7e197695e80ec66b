/** Composition root: settings -> { serve, reload, stop }. Wires everything below it and holds no logic. */
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { serveControl } from '../admin/control-socket.ts';
import { defineDirectGauge, defineGauges } from '../admin/gauges.ts';
import { createHookJoin, type HookJoin } from '../admin/hook-listener.ts';
import type { Approvals } from '../approvals/approvals.ts';
import { isPublicName } from '../catalog/public-names.ts';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { localConnection } from '../identity/known-connections.ts';
import { type ClientReport, ConnectedClients } from '../mcp/connected-clients.ts';
import { createMcpHandler } from '../mcp/handler.ts';
import { viewOf } from '../mcp/select-view.ts';
import type { Logger } from '../observe/log.ts';
import type { Measures } from '../observe/metrics.ts';
import type { ServerCalls } from '../observe/server-table.ts';
import type { SpentHere } from '../operations/spending.ts';
import type { Connection } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { SERVER_INFO } from '../shared/version.ts';
import { type StdioEnd, Transports } from '../transport/transports.ts';
import type { Upstreams } from '../upstream/contract.ts';
import type { OAuthClient } from '../upstream/oauth/oauth-client.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';
import { type CallSide, createCallSide } from './call-side.ts';
import { type Foundation, type GatewayOptions, openFoundation } from './foundation.ts';
import { keepSecrets } from './open-config.ts';
import { createServerSide, type ServerSide } from './server-side.ts';
import { openTelemetry, type Telemetry } from './telemetry.ts';

/** Milliseconds for spans and metrics to be sent when the gateway stops, which it does meanwhile. */
const FLUSH_MS = 1000;
/** Milliseconds for the client to say what it can do before servers are started without it. */
const FIRST_CALLER_MS = 1000;

export interface Gateway {
  readonly log: Logger;
  readonly snapshot: () => Snapshot;
  readonly oauth: OAuthClient;
  /** Everything that the path of a call needs; for commands that call without a transport. */
  readonly parts: PipelineDependencies;
  /** The connection of whoever started this process. @throws GatewayError where the rules give stdio to nobody */
  localConnection(): Connection;
  serveStdio(input: Readable, output: Writable, ended: (reason: StdioEnd) => void): Promise<void>;
  /** @returns where it listens, and the token if this start made one. */
  serveHttp(): Promise<{ readonly url: string; readonly newToken: string | undefined }>;
  /** Serves a connection over HTTP that another process accepted. @param head what was read of it already. */
  adopt(socket: Socket, head: Buffer): void;
  /** The part that this process alone knows and does. */
  readonly own: OwnPart;
  /** Reads the configuration again; what came of it is logged. */
  reload(): void;
  /** Takes no more calls, lets running ones finish for `drainMs`, then stops every server. */
  stop(drainMs: number): Promise<void>;
  /** Ends what can be ended at once. */
  kill(): void;
}

/** The path of calls, with those who call. */
interface KnownCallSide extends CallSide {
  readonly clients: ConnectedClients;
}

/** Parts that a gateway has only where somebody wants them. */
interface Extras {
  readonly hooks: HookJoin | undefined;
  readonly telemetry: Telemetry | undefined;
}

/** The part of one process in a gateway. */
interface OwnPart {
  clients(): readonly ClientReport[];
  servers(): readonly ServerReport[];
  spent(): readonly SpentHere[];
  serverCalls(): ReadonlyMap<string, ServerCalls>;
  measures(): Promise<Measures>;
  readonly control: Upstreams['control'];
  readonly output: Upstreams['output'];
  /** Takes an answer to a question about a call. */
  readonly answer: Approvals['answer'];
}

/**
 * Loads the configuration and puts the gateway together; nothing listens yet.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function createGateway(settings: Settings, options: GatewayOptions = {}): Promise<Gateway> {
  const foundation = await openFoundation(settings, options);
  const telemetry = await openTelemetry(foundation, options.watch ?? true);
  const serverSide = createServerSide(foundation, options, telemetry);
  const { config, redactor, metrics, worker } = foundation;
  redactor.protect((word) => isPublicName(word, config.current(), serverSide.catalog));
  const { store } = foundation;
  const shared = store && (await import('./shared-parts.ts')).sharedParts(store, settings);
  const callSide = createCallSide(foundation, serverSide, options.watch ?? true, shared);
  const hooks =
    worker === undefined ? createHookJoin(settings.cacheDir, foundation.gatewayId, foundation.log) : undefined;
  const clients = new ConnectedClients();
  const transports = openTransports(foundation, serverSide, { ...callSide, clients }, { hooks, telemetry });
  followReloads(foundation, serverSide, callSide, () => {
    void hooks?.update(config.current());
    transports.reloaded();
  });
  defineGauges(metrics, config, transports.sessions, callSide.servers);
  if (worker === undefined) defineDirectGauge(metrics, callSide.spending);
  return new ComposedGateway(foundation, serverSide, { ...callSide, clients }, transports, { hooks, telemetry });
}

function openTransports(
  { settings, config, redactor, metrics, worker }: Foundation,
  { subscriptions }: ServerSide,
  { parts, servers, clients }: KnownCallSide,
  { hooks, telemetry }: Extras,
): Transports {
  const handler = createMcpHandler(parts, {
    serverInfo: SERVER_INFO,
    subscriptions,
    clients,
    viewOf: (connection, now) => viewOf(settings, connection, now),
  });
  return new Transports({
    settings,
    snapshot: config.current,
    parts,
    handler: telemetry?.traced(handler) ?? handler,
    redactor,
    attestations: worker?.attestations ?? hooks?.attestations,
    servers: () => worker?.servers() ?? servers(),
    metrics: async (format, visible) => {
      if (worker !== undefined) return worker.metrics(format, visible);
      return format === 'json' ? JSON.stringify(await metrics.json(visible)) : metrics.prometheus(visible);
    },
    worker,
  });
}

/** Tells everybody who keeps something of the configuration that it is another one. @param reloaded told last */
function followReloads(
  { settings, config, redactor, worker }: Foundation,
  { upstreams, catalog, renames, subscriptions }: ServerSide,
  callSide: CallSide,
  reloaded: () => void,
): void {
  const ownNames = ({ servers }: Snapshot): string[] =>
    [...servers.keys()].filter((name) => worker?.owns(name) ?? true);
  renames.servers(ownNames(config.current()));
  config.subscribe((next) => {
    keepSecrets(redactor, next);
    renames.servers(ownNames(next));
    upstreams.retain(next.servers);
    catalog.retain(next);
    callSide.reloaded();
    subscriptions.reloaded();
    reloaded();
    if (settings.initStrategy === 'eager') upstreams.warm(next.servers);
  });
}

class ComposedGateway implements Gateway {
  readonly #foundation: Foundation;
  readonly #serverSide: ServerSide;
  readonly #callSide: KnownCallSide;
  readonly #transports: Transports;
  readonly #extras: Extras;
  #closeControl: (() => void) | undefined;

  constructor(
    foundation: Foundation,
    serverSide: ServerSide,
    callSide: KnownCallSide,
    transports: Transports,
    extras: Extras,
  ) {
    this.#foundation = foundation;
    this.#serverSide = serverSide;
    this.#callSide = callSide;
    this.#transports = transports;
    this.#extras = extras;
  }

  get log(): Logger {
    return this.#foundation.log;
  }

  get oauth(): OAuthClient {
    return this.#serverSide.oauth;
  }

  get parts(): PipelineDependencies {
    return this.#callSide.parts;
  }

  get own(): OwnPart {
    const { servers, spent, parts, clients } = this.#callSide;
    const answer: OwnPart['answer'] = (...said) => parts.approvals.answer(...said);
    const { measures, servers: serverCalls } = this.#foundation.metrics;
    return {
      clients: () => clients.list(this.snapshot()),
      servers,
      spent,
      serverCalls,
      measures,
      answer,
      ...controlOf(this.#serverSide.ownUpstreams),
    };
  }

  readonly snapshot = (): Snapshot => this.#foundation.config.current();

  localConnection(): Connection {
    return localConnection(this.#foundation.settings, this.snapshot());
  }

  async serveStdio(input: Readable, output: Writable, ended: (reason: StdioEnd) => void): Promise<void> {
    this.#openControl();
    await this.#extras.hooks?.update(this.snapshot());
    const connection = localConnection(this.#foundation.settings, this.snapshot(), this.#extras.hooks?.attestations);
    this.#transports.stdio(input, output, connection, ended);
    this.#warm(FIRST_CALLER_MS);
  }

  async serveHttp(): Promise<{ readonly url: string; readonly newToken: string | undefined }> {
    await this.#extras.hooks?.update(this.snapshot());
    const listening = await this.#transports.http();
    if (this.#foundation.worker === undefined) this.#openControl();
    this.#warm();
    return listening;
  }

  adopt(socket: Socket, head: Buffer): void {
    this.#transports.adopt(socket, head);
  }

  reload(): void {
    void this.#foundation.config.reload();
  }

  async stop(drainMs: number): Promise<void> {
    const { config, worker, closeAudit } = this.#foundation;
    const { subscriptions, oauth, upstreams, catalog, unwatch, settled } = this.#serverSide;
    const { hooks, telemetry } = this.#extras;
    config.close();
    unwatch();
    this.#closeControl?.();
    subscriptions.end();
    await this.#transports.drain(drainMs);
    // The others may still need what this worker owns.
    await worker?.drained();
    this.parts.parking.clear();
    oauth.close();
    // Whoever is gone does not wait until the servers are.
    const sent = telemetry?.flush(FLUSH_MS);
    await upstreams.close();
    await sent;
    await catalog.close();
    await this.#transports.close();
    await hooks?.close();
    await settled();
    await telemetry?.close();
    await closeAudit();
  }

  kill(): void {
    this.#serverSide.upstreams.kill();
  }

  #openControl(): void {
    const { settings, log } = this.#foundation;
    const { servers, spending, parts } = this.#callSide;
    const control = controlOf(this.#serverSide.upstreams);
    const questions = parts.approvals.open;
    this.#closeControl = serveControl(settings, log, {
      servers,
      clients: this.own.clients,
      spending,
      ...control,
      questions,
      answer: this.own.answer,
    });
  }

  #warm(waitMs?: number): void {
    const { settings } = this.#foundation;
    if (settings.initStrategy === 'eager') this.#serverSide.upstreams.warm(this.snapshot().servers, waitMs);
  }
}

/** The owner's commands for servers. */
function controlOf(upstreams: Upstreams): Pick<Upstreams, 'control' | 'output'> {
  return {
    control: (name, verb) => upstreams.control(name, verb),
    output: (name) => upstreams.output(name),
  };
}
