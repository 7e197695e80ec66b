/** Both transports of one gateway: starts them, drains them, closes them. */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { AttestedUses } from '../identity/attestations.ts';
import { type GeneratedToken, loadOrCreateToken, tokenHash } from '../identity/generated-token.ts';
import { connectionOf } from '../identity/known-connections.ts';
import type { Proof } from '../identity/proof.ts';
import type { McpHandler } from '../mcp/handler.ts';
import type { Logger } from '../observe/log.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { Redactor } from '../observe/redact.ts';
import type { Connection } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { GatewayError } from '../shared/errors.ts';
import { sinceBoot } from '../shared/since-boot.ts';
import { within } from '../shared/wait-for.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';
import { type CredentialExpiry, createCredentialExpiry } from './http/credential-expiry.ts';
import type { HttpTransport } from './http/http-server.ts';
import type { McpEndpoint } from './http/mcp-endpoint.ts';
import { SESSION_LIMITS, Sessions } from './http/sessions.ts';
import { type StdioTransport, serveStdio } from './stdio.ts';
import type { WorkerContext } from './worker-context.ts';

/** Milliseconds that cancelled calls get to send their errors. */
const ABORT_MS = 1_000;

export type StdioEnd = 'stdin closed' | 'stdout broken';

export interface TransportParts {
  readonly settings: Settings;
  readonly snapshot: () => Snapshot;
  readonly parts: PipelineDependencies;
  readonly handler: McpHandler;
  readonly redactor: Redactor;
  /** The state of each server. */
  readonly servers: () => readonly ServerReport[] | Promise<readonly ServerReport[]>;
  readonly metrics: (format: 'json' | 'prometheus', visible: VisibleNames | undefined) => Promise<string>;
  readonly attestations: AttestedUses | undefined;
  /** Undefined where this is the only process. */
  readonly worker?: WorkerContext | undefined;
}

export class Transports {
  readonly sessions: Sessions;
  readonly #options: TransportParts;
  readonly #startedAt: number;
  readonly #credentialExpiry: CredentialExpiry;
  readonly #connections = new WeakMap<Proof, Connection>();
  #isReady = true;
  #isOpen = true;
  #stdio: StdioTransport | undefined;
  #http: HttpTransport | undefined;
  #mcp: McpEndpoint | undefined;

  constructor(options: TransportParts) {
    const { worker, parts, snapshot } = options;
    this.#options = options;
    this.#startedAt = worker?.startedAt ?? sinceBoot();
    this.sessions = new Sessions({
      ...SESSION_LIMITS,
      max: Math.max(1, Math.floor(SESSION_LIMITS.max * (worker?.share ?? 1))),
      tag: worker?.tag ?? '',
      budget: parts.budget,
    });
    this.#credentialExpiry = createCredentialExpiry({
      snapshot,
      lapsed: (isOver) => {
        const now = snapshot();
        this.sessions.retain((connection) => !isOver(connection));
        parts.parking.review();
        return Math.min(...Array.from(this.sessions.credentials(), (connection) => connection.expiresAt(now)));
      },
    });
  }

  /** The configuration is another one. */
  reloaded(): void {
    this.#credentialExpiry.review();
  }

  stdio(input: Readable, output: Writable, connection: Connection, ended: (reason: StdioEnd) => void): void {
    const { settings, handler, parts } = this.#options;
    const { server, maxRequestBytes: maxMessageBytes } = settings;
    this.#stdio = serveStdio({ input, output, handler, connection, server, log: parts.log, maxMessageBytes, ended });
  }

  /**
   * @returns where it listens, and the token where this start made one
   * @throws GatewayError CANNOT_LISTEN, CANNOT_WRITE
   */
  async http(): Promise<{ readonly url: string; readonly newToken: string | undefined }> {
    const { settings, snapshot, parts, redactor, worker } = this.#options;
    if (settings.noAuth && snapshot().principals !== undefined && worker === undefined) {
      parts.log.warn('--no-auth lets nobody do anything where the rules have principals: leave it out');
    }
    const generated = generatedToken(settings, snapshot(), parts.log);
    if (generated !== undefined) redactor.add([generated.token]);
    // Only here: over stdio nothing of HTTP is loaded.
    const [{ McpEndpoint }, { openHttp }] = await Promise.all([
      import('./http/mcp-endpoint.ts'),
      import('./http/open-http.ts'),
    ]);
    const failed = (error: unknown): void => parts.log.error({ err: error }, 'an HTTP request failed unexpectedly');
    const mcp = new McpEndpoint({
      handler: this.#options.handler,
      sessions: this.sessions,
      credentialExpiry: this.#credentialExpiry,
      maxMessageBytes: settings.maxRequestBytes,
      open: () => this.#isOpen,
      failed,
      forwarding: worker?.forwarding,
      budget: parts.budget,
    });
    this.#mcp = mcp;
    const http = await openHttp({
      ...this.#options,
      mcp,
      connect: (proof) => this.#connectionOf(proof),
      generatedTokenHash: generated === undefined ? undefined : tokenHash(generated.token),
      failed,
      share: worker?.share ?? 1,
      startedAt: this.#startedAt,
      ready: () => this.#isReady,
    });
    this.#http = http;
    return { url: http.url, newToken: generated?.created === true ? generated.token : undefined };
  }

  /** Serves a connection that another process accepted. @param head what was read of it already */
  adopt(socket: Socket, head: Buffer): void {
    if (this.#http === undefined) socket.destroy();
    else this.#http.adopt(socket, head);
  }

  /**
   * Takes no more calls; running ones get `ms` milliseconds, and then an error. Behind a load balancer, calls that reach it are
   * taken, and none should any more.
   */
  async drain(ms: number): Promise<void> {
    const { stopDelayMs } = this.#options.settings;
    this.#isReady = false;
    if (stopDelayMs > 0 && this.#http !== undefined) await this.#http.leave(stopDelayMs);
    else this.#isOpen = false;
    this.#stdio?.refuseRequests();
    if ((await within(this.#idle(), ms)) === 'idle') return;
    this.#options.parts.log.warn('calls were still running at the drain limit and are cancelled');
    const reason = new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down: the call was cancelled.');
    this.#stdio?.abort(reason);
    this.#mcp?.abort(reason);
    await within(this.#idle(), ABORT_MS);
  }

  async close(): Promise<void> {
    this.#credentialExpiry.close();
    await this.#http?.close();
  }

  async #idle(): Promise<'idle'> {
    await Promise.all([this.#stdio?.idle(), this.#mcp?.idle()]);
    return 'idle';
  }

  #connectionOf(proof: Proof): Connection {
    let connection = this.#connections.get(proof);
    if (connection === undefined) {
      connection = connectionOf(this.#options.settings, proof, this.#options.attestations);
      this.#connections.set(proof, connection);
    }
    return connection;
  }
}

/**
 * The token of a gateway whose rules have no principals; undefined where none is needed.
 * @throws as `loadOrCreateToken`
 */
export function generatedToken(
  settings: Settings,
  snapshot: Snapshot,
  log?: Pick<Logger, 'warn'>,
): GeneratedToken | undefined {
  if (settings.noAuth || snapshot.principals !== undefined) return undefined;
  const file = join(settings.configDir, 'token');
  const generated = loadOrCreateToken(file);
  if (generated.wasOpen) {
    log?.warn(
      `${file} could be read or written by others, and now only by its owner: delete it for a new token, if somebody may have it`,
    );
  }
  return generated;
}
