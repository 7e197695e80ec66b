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
import { createCredentialExpiry } from './http/credential-expiry.ts';
import type { HttpTransport } from './http/http-server.ts';
import type { McpEndpoint } from './http/mcp-endpoint.ts';
import { createSessions, SESSION_LIMITS, type Sessions } from './http/sessions.ts';
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
  /** How each server is. */
  readonly servers: () => readonly ServerReport[] | Promise<readonly ServerReport[]>;
  readonly metrics: (format: 'json' | 'prometheus', visible: VisibleNames | undefined) => Promise<string>;
  readonly attestations: AttestedUses | undefined;
  /** Where this process is one of several workers. */
  readonly worker?: WorkerContext | undefined;
}

export interface Transports {
  readonly sessions: Sessions;
  /** The configuration is another one. */
  reloaded(): void;
  stdio(input: Readable, output: Writable, connection: Connection, ended: (reason: StdioEnd) => void): void;
  /**
   * @returns where it listens, and the token where this start made one.
   * @throws GatewayError CANNOT_LISTEN, CANNOT_WRITE
   */
  http(): Promise<{ readonly url: string; readonly newToken: string | undefined }>;
  /** Serves a connection that another process accepted. @param head what was read of it already. */
  adopt(socket: Socket, head: Buffer): void;
  /** Takes no more calls; running ones get `ms` milliseconds, and then an error. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function createTransports(options: TransportParts): Transports {
  const { settings, snapshot, parts, handler, redactor, attestations } = options;
  const { log } = parts;
  const { worker } = options;
  const share = worker?.share ?? 1;
  const sessions = createSessions({
    ...SESSION_LIMITS,
    max: Math.max(1, Math.floor(SESSION_LIMITS.max * share)),
    tag: worker?.tag ?? '',
    budget: parts.budget,
  });
  const startedAt = worker?.startedAt ?? sinceBoot();
  let open = true;
  let stdio: StdioTransport | undefined;
  let http: HttpTransport | undefined;
  let mcp: McpEndpoint | undefined;
  const failed = (error: unknown): void => log.error({ err: error }, 'an HTTP request failed unexpectedly');
  const credentialExpiry = createCredentialExpiry({
    snapshot,
    lapsed(isOver) {
      const now = snapshot();
      sessions.retain((connection) => !isOver(connection));
      parts.parking.review();
      return Math.min(...Array.from(sessions.credentials(), (connection) => connection.expiresAt(now)));
    },
  });
  const connections = new WeakMap<Proof, Connection>();
  const connect = (proof: Proof): Connection => {
    let connection = connections.get(proof);
    if (connection === undefined) {
      connection = connectionOf(settings, proof, attestations);
      connections.set(proof, connection);
    }
    return connection;
  };
  const idle = (): Promise<'idle'> => Promise.all([stdio?.idle(), mcp?.idle()]).then(() => 'idle');
  return {
    sessions,
    reloaded: credentialExpiry.review,
    stdio(input, output, connection, ended) {
      const { server } = settings;
      stdio = serveStdio({
        input,
        output,
        handler,
        connection,
        server,
        log,
        maxMessageBytes: settings.maxRequestBytes,
        ended,
      });
    },
    async http() {
      if (settings.noAuth && snapshot().principals !== undefined && worker === undefined) {
        log.warn('--no-auth lets nobody do anything where the rules have principals: leave it out');
      }
      const generated = generatedToken(settings, snapshot(), log);
      if (generated !== undefined) redactor.add([generated.token]);
      const generatedTokenHash = generated === undefined ? undefined : tokenHash(generated.token);
      // Only here: over stdio nothing of HTTP is loaded.
      const [{ McpEndpoint }, { openHttp }] = await Promise.all([
        import('./http/mcp-endpoint.ts'),
        import('./http/open-http.ts'),
      ]);
      mcp = new McpEndpoint({
        handler,
        sessions,
        credentialExpiry,
        maxMessageBytes: settings.maxRequestBytes,
        open: () => open,
        failed,
        forwarding: worker?.forwarding,
        budget: parts.budget,
      });
      http = await openHttp({
        ...options,
        mcp,
        connect,
        generatedTokenHash,
        failed,
        share,
        startedAt,
        ready: () => open,
      });
      return { url: http.url, newToken: generated?.created === true ? generated.token : undefined };
    },
    adopt(socket, head) {
      if (http === undefined) socket.destroy();
      else http.adopt(socket, head);
    },
    async drain(ms) {
      open = false;
      stdio?.refuseRequests();
      if ((await within(idle(), ms)) === 'idle') return;
      log.warn('calls were still running at the drain limit and are cancelled');
      const reason = new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down: the call was cancelled.');
      stdio?.abort(reason);
      mcp?.abort(reason);
      await within(idle(), ABORT_MS);
    },
    async close() {
      credentialExpiry.close();
      await http?.close();
    },
  };
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
