/**
 * Supervises the connections of one server: starts them, in turn with other servers (start-queue.ts), no more often than failures allow (backoff.ts),
 * watched while they are up (circuit-breaker.ts), and again where one that worked was lost.
 */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Whose } from '../contract.ts';
import { LAST_OUTPUT, seconds, unavailable } from '../failures.ts';
import { createStderrTail, type StderrTail } from '../process/stderr-tail.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { ConnectOptions, DialectMemory } from './connect-server.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { withOutput } from './last-output.ts';
import type { PoolContext } from './pool-context.ts';
import type { PooledConnection } from './pooled-connection.ts';
import type { ServerLimits } from './server-limits.ts';

const PING_MS = 2000;
/** A process that is silent for this long, and works for nobody, is started again. */
const STUCK_MS = 60_000;

interface SupervisorOptions {
  readonly server: ServerDefinition;
  readonly context: PoolContext;
  readonly limits: ServerLimits;
  readonly pool: ConnectionPool;
  readonly memory: DialectMemory;
}

export class Supervisor {
  readonly #server: ServerDefinition;
  readonly #context: PoolContext;
  readonly #limits: ServerLimits;
  readonly #pool: ConnectionPool;
  readonly #memory: DialectMemory;
  readonly #isProcess: boolean;
  readonly backoff: Backoff = createBackoff();
  /** Keeps what its processes wrote to stderr, redacted. */
  readonly output: StderrTail;
  /** The reason why the last start failed, or the last connection ended; undefined after a start that worked. */
  lastError: GatewayError | undefined;
  /** Processes started so far. */
  starts = 0;
  #isStopped = false;

  constructor({ server, context, limits, pool, memory }: SupervisorOptions) {
    this.#server = server;
    this.#context = context;
    this.#limits = limits;
    this.#pool = pool;
    this.#memory = memory;
    this.#isProcess = server.link.transport === 'stdio';
    this.output = createStderrTail(context.redact);
  }

  /**
   * The start that is under way, or a new one.
   * @param isUrgent true where a caller waits for it.
   */
  connect(pooled: PooledConnection, isUrgent: boolean): Promise<ManagedConnection> {
    if (pooled.connecting !== undefined) {
      if (isUrgent) pooled.hurry?.();
      return pooled.connecting;
    }
    const waitMs = this.backoff.waitMs(performance.now());
    if (waitMs > 0) return Promise.reject(this.#tooSoon(waitMs));
    const connecting = this.#start(pooled, isUrgent).finally(() => {
      pooled.connecting = undefined;
    });
    pooled.connecting = connecting;
    // Nobody may be waiting for it any more when it fails.
    connecting.catch(() => undefined);
    return connecting;
  }

  /** Starts a connection that nobody waits for; failures are logged. */
  connectInBackground(pooled: PooledConnection): void {
    this.connect(pooled, false).catch(() => undefined);
  }

  /** Starts none again that is lost from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  async #start(pooled: PooledConnection, isUrgent: boolean): Promise<ManagedConnection> {
    const { signal } = pooled.abandon;
    const turn = this.#context.startQueue.take(isUrgent);
    pooled.hurry = turn.hurry;
    const release = await turn.granted;
    try {
      signal.throwIfAborted();
      if (!this.#isProcess) this.#countStart(pooled);
      const connection = await this.#context.connect(this.#server, this.#connectOptions(pooled));
      pooled.hasServed = false;
      if (connection.closed) throw unavailable(this.#server.name, 'closed the connection right after the handshake.');
      if (signal.aborted) {
        await connection.close();
        throw signal.reason;
      }
      this.#onConnect(pooled, connection);
      return connection;
    } catch (error) {
      const failure =
        error instanceof GatewayError ? error : unavailable(this.#server.name, 'cannot be started.', { cause: error });
      if (!signal.aborted) this.#onFailure(pooled, failure);
      throw failure;
    } finally {
      release();
    }
  }

  #connectOptions(pooled: PooledConnection): ConnectOptions {
    const { version, log, redact, strictServers, ownPlaces, maxMessageBytes, httpClient } = this.#context;
    const { events, spansOf, authorization } = this.#context;
    return {
      version,
      log,
      redact,
      budgets: this.#limits.budgets,
      memory: this.#memory,
      strictServers,
      ownPlaces,
      maxMessageBytes,
      httpClient,
      events,
      spansOf,
      capabilities: pooled.capabilities,
      authorization: authorization(this.#server, pooled.credentialOwner),
      signal: pooled.abandon.signal,
      nextMarker: () => {
        this.#countStart(pooled);
        return this.#context.nextMarker();
      },
      onProcess: (child) => {
        pooled.pid = child.pid;
        this.starts++;
        this.#context.onProcess(child);
      },
      onStderr: (chunk) => this.output.push(chunk),
      isExclusive: () => pooled.isExclusive,
      whose: () => (pooled.scope === undefined ? this.#onlyOwner(pooled) : pooled.whose),
      onClose: (error) => this.#onClose(pooled, error),
    };
  }

  #countStart(pooled: PooledConnection): void {
    pooled.start?.ended(performance.now());
    pooled.start = this.backoff.started(performance.now());
  }

  #onConnect(pooled: PooledConnection, connection: ManagedConnection): void {
    this.lastError = undefined;
    pooled.connection = connection;
    pooled.breaker = this.#createBreaker(pooled, connection);
    this.#pool.watchIdle(pooled);
    const { era, revision, name, version } = connection.facts;
    this.#context.log.info({ server: this.#server.name, era, revision, is: name, version }, 'server connected');
    this.#context.events.connected?.(this.#server);
  }

  #onFailure(pooled: PooledConnection, failure: GatewayError): void {
    const { log } = this.#context;
    const server = this.#server.name;
    // A server that waits for its owner works; the next call may come right after that.
    const needsSignIn = failure.code === 'AUTH_REQUIRED';
    if (needsSignIn || failure.code === 'DEFINITION_CHANGED') pooled.start?.answered();
    else pooled.start?.ended(performance.now());
    pooled.start = undefined;
    this.lastError = failure;
    if (needsSignIn) log.info({ server }, 'server waits for a sign-in');
    else log.warn({ server, reason: withOutput(failure).message }, 'server cannot be connected');
  }

  /** A connection that was up has ended. */
  #onClose(pooled: PooledConnection, error: GatewayError): void {
    const hasWorked = pooled.clear();
    this.#context.events.disconnected?.(this.#server);
    if (this.#isStopped || !this.#pool.has(pooled)) return;
    pooled.start?.ended(performance.now());
    pooled.start = undefined;
    this.lastError = error;
    this.#context.log.warn({ server: this.#server.name, reason: withOutput(error).message }, 'server disconnected');
    // Whoever calls next shall not wait for the start of a server that works.
    if (hasWorked && this.#isProcess) this.connectInBackground(pooled);
  }

  #createBreaker(pooled: PooledConnection, connection: ManagedConnection): CircuitBreaker {
    const { log } = this.#context;
    const server = this.#server.name;
    return new CircuitBreaker({
      server,
      heardAt: () => connection.heardAt,
      ping: () => connection.ping(PING_MS),
      onOpen: () => log.warn({ server }, 'server does not answer: no calls are sent to it'),
      onSilence: (openSince) => {
        // A new connection to an HTTP server would not help.
        const isStuck = this.#isProcess && performance.now() - openSince > STUCK_MS && pooled.calls === 0;
        if (isStuck) void connection.end(unavailable(server, 'did not answer for over a minute and is started again.'));
      },
      onRecovery: () => log.info({ server }, 'server answers again'),
    });
  }

  /** The owner of a connection that belongs to nobody yet, where only one principal can use it. */
  #onlyOwner({ capabilities }: PooledConnection): Whose | undefined {
    const { onlyOwner } = this.#context;
    return onlyOwner === undefined ? undefined : { owner: onlyOwner, session: undefined, capabilities };
  }

  #tooSoon(waitMs: number): GatewayError {
    const { lastError } = this;
    const reason = lastError?.message ?? `Server "${this.#server.name}" was started too often.`;
    // Whoever else it served may not read what it wrote.
    const output = this.#context.onlyOwner === undefined ? undefined : lastError?.data?.[LAST_OUTPUT];
    return new GatewayError(
      'SERVER_UNAVAILABLE',
      `${reason} Its last start failed; the next one is allowed in ${seconds(waitMs)}.`,
      { data: { retryAfterMs: Math.ceil(waitMs), [LAST_OUTPUT]: output } },
    );
  }
}
