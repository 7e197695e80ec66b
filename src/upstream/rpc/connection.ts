/** One connection to one server: opens a channel, shakes hands, sends requests, and passes on what the server says. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { ResponseMessage } from '../../protocol/json-rpc.ts';
import { type Era, LATEST_LEGACY } from '../../protocol/revisions.ts';
import { Canceller, follow } from '../../shared/cancel.ts';
import { CATALOGUE, GatewayError } from '../../shared/errors.ts';
import type { OpenChannel } from '../channel/channel.ts';
import { refusedStatus } from '../channel/http-refusal.ts';
import type {
  Log,
  Reply,
  ServerFacts,
  SpansOf,
  Timing,
  UpstreamConnection,
  UpstreamEvents,
  Whose,
} from '../contract.ts';
import { unavailable } from '../failures.ts';
import { createWarnings } from '../warning-limiter.ts';
import { announcesChanges, makesTasks, onceLoaded } from './announced-changes.ts';
import { ChangeEvents } from './change-events.ts';
import { initializeAgain, shakeHands } from './handshake.ts';
import { HandshakeDeadline } from './handshake-deadline.ts';
import { JsonRpcPeer } from './json-rpc-peer.ts';
import type { CallOptions, ResponseReader } from './pending-requests.ts';
import { ResourceSubscriptions } from './resource-subscriptions.ts';
import { readReply } from './response-text.ts';

/** A connection as the pool sees it. */
export interface ManagedConnection extends UpstreamConnection {
  request(method: string, params: string, options: CallOptions): Promise<Reply>;
  /** Sends a notification; `params` is the inner text. */
  notify(method: string, params: string): void;
  /** The time at which the server last said anything, in milliseconds of `performance.now`. */
  readonly heardAt: number;
  /** True where the server may work on a call of a caller. */
  readonly isBusy: boolean;
  readonly timing: Timing;
  /** Asks whether the server is alive: true unless it is silent for `timeoutMs` milliseconds. */
  ping(timeoutMs: number): Promise<boolean>;
  /** Closes with an error that says why. */
  end(reason: GatewayError): Promise<void>;
  kill(): void;
}

export interface HandshakeBudgets {
  /** Milliseconds until the first message of a started process: it may be downloading itself. */
  readonly startMs: number;
  /** Milliseconds for the handshake after that. */
  readonly handshakeMs: number;
  /** Milliseconds of silence after which a stdio server is taken for legacy. */
  readonly probeMs: number;
  /** The same for an HTTP server, which may have to wake up first. */
  readonly httpProbeMs: number;
}

export interface ConnectionOptions {
  readonly server: ServerDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly budgets: HandshakeBudgets;
  readonly events: Partial<UpstreamEvents>;
  /** The spans of requests to a server, where somebody asked for spans. */
  readonly spansOf?: SpansOf | undefined;
  /** Client capabilities to offer: JSON text. */
  readonly capabilities: string;
  /** The era that an earlier connection found out. */
  readonly knownEra: Era | undefined;
  /** The server speaks otherwise than before: the next connection must find out again. */
  readonly forgetEra: () => void;
  /** A sentence with what the server wrote last. */
  readonly lastOutput: () => string;
  /** True where the connection serves one principal or session alone. */
  readonly isExclusive: () => boolean;
  /** The only caller that the connection serves; undefined where it serves all. */
  readonly whose: () => Whose | undefined;
  /** The connection was up and has ended. */
  readonly onClose: (error: GatewayError) => void;
  readonly signal: AbortSignal;
}

/** Statuses with which a server refuses what was agreed with it. */
const REFUSALS: ReadonlySet<unknown> = new Set([400, 404, 405]);
const NO_TIME: Timing = { startMs: 0, handshakeMs: 0 };

/** @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal; nothing is left of the channel then. */
export async function openConnection(open: OpenChannel, options: ConnectionOptions): Promise<ManagedConnection> {
  const connection = new ServerConnection(open, options);
  await connection.shakeHands();
  return connection;
}

class ServerConnection implements ManagedConnection, ResponseReader<Reply> {
  readonly #options: ConnectionOptions;
  readonly #name: string;
  readonly #peer: JsonRpcPeer;
  readonly #changes: ChangeEvents;
  readonly #deadline: HandshakeDeadline;
  readonly #resources: ResourceSubscriptions;
  /** Undefined until the handshake is done. */
  #facts: ServerFacts | undefined;
  timing = NO_TIME;

  constructor(open: OpenChannel, options: ConnectionOptions) {
    const { server, budgets, events } = options;
    this.#options = options;
    this.#name = server.name;
    this.#changes = new ChangeEvents(server, events);
    this.#deadline = new HandshakeDeadline({
      server: server.name,
      isProcess: server.link.transport === 'stdio',
      startMs: budgets.startMs,
      handshakeMs: budgets.handshakeMs,
      lastOutput: options.lastOutput,
      signal: options.signal,
    });
    this.#peer = new JsonRpcPeer(open, {
      server: server.name,
      version: options.version,
      warn: createWarnings(options.log, server.name),
      redact: options.redact,
      spans: options.spansOf?.(server),
      isExclusive: options.isExclusive,
      onActive: () => this.#deadline.markActive(),
      renewSession: () => this.#renewSession(),
      onMissed: () => this.#changes.announceAll(),
      onServerChange: (message) => {
        this.#resources.listenRequest?.heard(message);
        this.#changes.take(message);
      },
      onNotification: (method, params, session) => {
        const owner = this.#ownerOf(session);
        if (owner !== undefined) events.said?.(server, owner, method, params);
      },
      onRequest: (request, session) => {
        const owner = this.#ownerOf(session);
        return owner === undefined ? undefined : events.asked?.(server, owner, request);
      },
      onClose: (error) => {
        if (this.#facts !== undefined) options.onClose(error);
      },
    });
    this.#resources = new ResourceSubscriptions(this.#peer);
  }

  /** Closes the channel where it fails. */
  async shakeHands(): Promise<void> {
    const { server, version, capabilities, budgets, knownEra } = this.#options;
    const isProcess = server.link.transport === 'stdio';
    try {
      this.#facts = await shakeHands(this.#peer, {
        server: this.#name,
        version,
        capabilities,
        knownEra,
        probeMs: isProcess ? budgets.probeMs : budgets.httpProbeMs,
        endsProbe: !isProcess,
        signal: this.#deadline.signal,
      });
      this.timing = this.#deadline.timing;
    } catch (error) {
      // It may have been replaced by one that speaks otherwise.
      if (knownEra === 'modern') this.#options.forgetEra();
      await this.#peer.close(unavailable(this.#name, 'was not connected.'));
      throw error;
    } finally {
      this.#deadline.end();
    }
    this.#subscribe(this.#facts);
  }

  get facts(): ServerFacts {
    if (this.#facts === undefined) throw new Error('There was no handshake yet.');
    return this.#facts;
  }

  get closed(): boolean {
    return this.#peer.closeReason !== undefined;
  }

  get heardAt(): number {
    return this.#peer.heardAt;
  }

  get isBusy(): boolean {
    return this.#peer.isBusy;
  }

  request(method: string, params: string, options: CallOptions): Promise<Reply> {
    return this.#peer.request(method, params, options, this);
  }

  /** Part of the reader of its responses. */
  read(message: ResponseMessage, method: string): Reply {
    const reply = readReply(message, method);
    // So a server says that it does not speak what was agreed with it (2026-07-28, basic/versioning).
    if (!reply.ok && reply.code === CATALOGUE.UNSUPPORTED_PROTOCOL_VERSION.rpc) throw this.#endAsOutdated();
    return reply;
  }

  /** Part of the reader of its responses. */
  fail(error: unknown): unknown {
    const isRefusal = this.#facts?.era === 'modern' && REFUSALS.has(refusedStatus(error));
    return isRefusal ? this.#endAsOutdated() : error;
  }

  notify(method: string, params: string): void {
    this.#peer.notify(method, params);
  }

  subscribeResource(uri: string): Promise<Reply> {
    return this.#resources.add(uri);
  }

  unsubscribeResource(uri: string): Promise<Reply> {
    return this.#resources.remove(uri);
  }

  async watchTask(id: string): Promise<boolean> {
    return (await this.#resources.listenRequest?.watchTask(id)) ?? false;
  }

  async ping(timeoutMs: number): Promise<boolean> {
    try {
      await this.#peer.call(this.facts.era === 'modern' ? 'server/discover' : 'ping', '', { timeoutMs });
      return true;
    } catch (error) {
      return !(error instanceof GatewayError && error.code === 'TIMEOUT');
    }
  }

  end(reason: GatewayError): Promise<void> {
    return this.#peer.close(reason);
  }

  close(): Promise<void> {
    return this.#peer.close(unavailable(this.#name, 'was disconnected by the gateway.'));
  }

  kill(): void {
    this.#peer.kill();
  }

  #subscribe(facts: ServerFacts): void {
    const isModern = facts.era === 'modern';
    if (isModern && (announcesChanges(facts) || makesTasks(facts))) {
      // Loaded where a server speaks by itself.
      const loading = import('./listen-request.ts').then(({ keepListening }) =>
        keepListening(this.#peer, this.#options.log, this.#name, facts),
      );
      this.#resources.listenRequest = onceLoaded(loading);
    }
    // A server that may ask its client something may do so on a stream of its own, too.
    if (!isModern && (announcesChanges(facts) || this.#options.capabilities !== '{}')) this.#peer.listen();
  }

  /** Initializes again where the server has forgotten the session; closes the connection where that fails. */
  async #renewSession(): Promise<void> {
    const { server, version, capabilities, budgets, events, signal } = this.#options;
    const limit = new Canceller();
    const unfollow = follow(limit, signal);
    const late = unavailable(this.#name, 'did not give a new session in time.');
    const timer = setTimeout(() => limit.abort(late), budgets.handshakeMs);
    try {
      const revision = this.#facts?.revision ?? LATEST_LEGACY;
      const options = { server: this.#name, version, capabilities, signal: limit };
      this.#facts = await initializeAgain(this.#peer, options, revision);
      events.connected?.(server);
      this.#resources.renew();
    } catch (error) {
      this.#options.forgetEra();
      const failure = error instanceof GatewayError ? error : late;
      void this.#peer.close(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
      unfollow();
    }
  }

  #ownerOf(session: string | undefined): Whose | undefined {
    const owner = this.#options.whose();
    return owner === undefined || session === undefined ? owner : { ...owner, session };
  }

  #endAsOutdated(): GatewayError {
    const error = unavailable(this.#name, 'speaks another revision of the protocol than before.');
    this.#options.forgetEra();
    void this.#peer.close(error);
    return error;
  }
}
