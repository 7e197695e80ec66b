/** All connections to all servers: one `UpstreamServer` per server key, kept across reloads that leave the server unchanged. */
import { type HttpClientKind, MAX_RESPONSE_BYTES } from '../../config/settings.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { NOWHERE } from '../../shared/standard-folders.ts';
import { within } from '../../shared/wait-for.ts';
import type { Authorization } from '../channel/authorization.ts';
import type {
  ControlAnswer,
  ControlVerb,
  LeaseOptions,
  Log,
  ServerOutput,
  ServerStatus,
  SpansOf,
  StrictServers,
  Tenant,
  UpstreamConnection,
  UpstreamEvents,
  Upstreams,
} from '../contract.ts';
import { gone, unavailable } from '../failures.ts';
import { RunningProcesses } from '../process/running-processes.ts';
import type { OwnPlaces } from '../sandbox/own-places.ts';
import { type Connect, connect } from './connect-server.ts';
import { withOutput } from './last-output.ts';
import type { PoolContext } from './pool-context.ts';
import { BUDGETS, type Budgets } from './server-limits.ts';
import { createStartQueue } from './start-queue.ts';
import { UpstreamServer } from './upstream-server.ts';

const CONCURRENT_STARTS = 8;
const SLOT_MS = 10_000;

export interface UpstreamsOptions {
  /** Version of the gateway, for `clientInfo`. */
  readonly version: string;
  readonly log: Log;
  /** Replaces known secrets in text that leaves the gateway. */
  readonly redact: (text: string) => string;
  /** False for a server that a reload removed or changed: nothing of it is started any more. */
  readonly isInForce?: (server: ServerDefinition) => boolean;
  readonly events?: Partial<UpstreamEvents>;
  /** The spans of requests, where somebody asked for spans. */
  readonly spansOf?: SpansOf | undefined;
  /** Value of the environment marker that all descendants carry; random by default. */
  readonly gatewayId?: string;
  /** The credential of a principal for an HTTP server; `''` for the gateway's own. */
  readonly authorization?: (server: ServerDefinition, owner: string) => Authorization | undefined;
  /** Program of the guardian; without one, nobody ends the servers of a gateway that was killed. */
  readonly guardianScript?: string | undefined;
  readonly budgets?: Partial<Budgets>;
  /** Bytes that one message of a server may have; default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** The client for servers without TLS; default that of the gateway. */
  readonly httpClient?: HttpClientKind;
  /** The only principal that there can be; undefined where there may be several. */
  readonly only?: string | undefined;
  /** Servers that end when they are probed; without it each gateway finds out anew. */
  readonly strict?: StrictServers;
  /** What no server in a sandbox may see; by default nothing is the gateway's own. */
  readonly ownPlaces?: OwnPlaces;
  /** Makes connections; default those of this layer. */
  readonly connect?: Connect;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  return new SupervisedUpstreams(options);
}

const NO_PLACES: OwnPlaces = { folders: [], files: [], program: undefined, sockets: NOWHERE };

class SupervisedUpstreams implements Upstreams {
  readonly #context: PoolContext;
  readonly #isInForce: (server: ServerDefinition) => boolean;
  readonly #processes: RunningProcesses;
  readonly #servers = new Map<string, UpstreamServer>();
  /** Removed servers with calls that still run. */
  readonly #retiring = new Set<UpstreamServer>();
  /** Work that the end of the gateway waits for. */
  readonly #work = new Set<Promise<unknown>>();
  #expectedCapabilities = '{}';
  /** Starts what waits for the first caller. */
  #warmNow: (() => void) | undefined;
  #isClosed = false;

  constructor(options: UpstreamsOptions) {
    const { version, log, redact, gatewayId, guardianScript } = options;
    this.#isInForce = options.isInForce ?? (() => true);
    this.#processes = new RunningProcesses({ gatewayId, guardianScript, log });
    this.#context = {
      version,
      log,
      redact,
      events: options.events ?? {},
      spansOf: options.spansOf,
      authorization: options.authorization ?? (() => undefined),
      budgets: { ...BUDGETS, ...options.budgets },
      maxMessageBytes: options.maxMessageBytes ?? MAX_RESPONSE_BYTES,
      httpClient: options.httpClient,
      onlyOwner: options.only,
      strictServers: options.strict,
      ownPlaces: options.ownPlaces ?? NO_PLACES,
      connect: options.connect ?? connect,
      startQueue: createStartQueue(CONCURRENT_STARTS, SLOT_MS),
      expectedCapabilities: () => this.#expectedCapabilities,
      nextMarker: () => this.#processes.nextMarker(),
      onProcess: (child) => this.#processes.add(child),
      track: (work) => this.#track(work),
    };
  }

  lease(server: ServerDefinition, options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection {
    if (this.#isClosed) {
      return Promise.reject(unavailable(server.name, 'is not available: the gateway is stopping.'));
    }
    const upstream = this.#serverOf(server);
    if (upstream !== undefined) return upstream.lease(options);
    return Promise.reject(gone(server.name));
  }

  notify(server: ServerDefinition, tenant: Tenant, method: string, params: string): void {
    this.#servers.get(server.key)?.notify(tenant, method, params);
  }

  retain(servers: ReadonlyMap<string, ServerDefinition>): void {
    const keys = new Set([...servers.values()].map((server) => server.key));
    for (const [key, upstream] of this.#servers) {
      if (keys.has(key)) continue;
      this.#servers.delete(key);
      this.#retiring.add(upstream);
      this.#track(upstream.retire().finally(() => this.#retiring.delete(upstream)));
    }
  }

  expect(capabilities: string): void {
    this.#expectedCapabilities = capabilities;
    this.#warmNow?.();
  }

  warm(servers: ReadonlyMap<string, ServerDefinition>, graceMs = 0): void {
    const start = (): void => {
      clearTimeout(timer);
      this.#warmNow = undefined;
      if (this.#isClosed) return;
      for (const server of servers.values()) this.#serverOf(server)?.warm();
    };
    const timer = graceMs > 0 ? setTimeout(start, graceMs) : undefined;
    if (timer === undefined) start();
    else this.#warmNow = start;
  }

  status(): readonly ServerStatus[] {
    return [...this.#servers.values()].map(({ status }) => status);
  }

  control(name: string, verb: ControlVerb): ControlAnswer | Promise<ControlAnswer> {
    const upstream = this.#byName(name);
    if (upstream === undefined) return false;
    if (verb === 'restart') return restart(upstream);
    upstream[verb]();
    return true;
  }

  output(name: string): ServerOutput | undefined {
    return this.#byName(name)?.output;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const upstream of [...this.#servers.values(), ...this.#retiring]) await upstream.close();
    this.#servers.clear();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  kill(): void {
    this.#isClosed = true;
    for (const upstream of [...this.#servers.values(), ...this.#retiring]) upstream.kill();
    this.#processes.killAll();
  }

  /** @returns undefined where there is none, and none may be made any more */
  #serverOf(server: ServerDefinition): UpstreamServer | undefined {
    const known = this.#servers.get(server.key);
    if (known !== undefined || !this.#isInForce(server)) return known;
    const made = new UpstreamServer(server, this.#context);
    this.#servers.set(server.key, made);
    return made;
  }

  #byName(name: string): UpstreamServer | undefined {
    return [...this.#servers.values()].find(({ server }) => server.name === name);
  }

  #track(work: Promise<unknown>): void {
    const settled = work.catch(() => undefined).finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }
}

/** Milliseconds in which the owner wants to know how a restart went; the start goes on after that. */
const RESTART_WAIT_MS = 15_000;

async function restart(upstream: UpstreamServer): Promise<ControlAnswer> {
  const failure = await within(upstream.restart(), RESTART_WAIT_MS);
  // One that waits for a sign-in works.
  return failure === undefined || failure.code === 'AUTH_REQUIRED' ? true : withOutput(failure).message;
}
