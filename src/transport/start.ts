/** Both transports of one gateway: starts them, drains them, closes them. */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/types.ts';
import type { ServerReport } from '../downstream/report.ts';
import type { AttestedUses } from '../identity/attestations.ts';
import { connectionOf } from '../identity/connections.ts';
import type { Proof } from '../identity/proof.ts';
import { type GeneratedToken, loadOrCreateToken, tokenHash } from '../identity/token.ts';
import type { Logger } from '../observe/log.ts';
import type { Redactor } from '../observe/redact.ts';
import type { Sight } from '../observe/sight.ts';
import type { PipelineParts } from '../pipeline/parts.ts';
import type { Connection } from '../pipeline/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { sinceBoot } from '../shared/since-boot.ts';
import { within } from '../shared/wait.ts';
import { createLapses } from './http/lapses.ts';
import type { McpEndpoint } from './http/mcp.ts';
import type { HttpTransport } from './http/server.ts';
import { createSessions, SESSION_LIMITS, type Sessions } from './http/sessions.ts';
import type { Protocol } from './protocol.ts';
import type { Seat } from './seat.ts';
import { type StdioTransport, serveStdio } from './stdio.ts';

/** Milliseconds that cancelled calls get to send their errors. */
const ABORT_MS = 1_000;

export type StdioEnd = 'stdin closed' | 'stdout broken';

export interface TransportParts {
  readonly settings: Settings;
  readonly snapshot: () => Snapshot;
  readonly parts: PipelineParts;
  readonly protocol: Protocol;
  readonly redactor: Redactor;
  /** How each server is. */
  readonly servers: () => readonly ServerReport[] | Promise<readonly ServerReport[]>;
  readonly metrics: (format: 'json' | 'prometheus', sight: Sight | undefined) => Promise<string>;
  readonly attestations: AttestedUses | undefined;
  /** Where this process is one of several workers. */
  readonly seat?: Seat | undefined;
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
  const { settings, snapshot, parts, protocol, redactor, attestations } = options;
  const { log } = parts;
  const { seat } = options;
  const share = seat?.share ?? 1;
  const sessions = createSessions({
    ...SESSION_LIMITS,
    max: Math.max(1, Math.floor(SESSION_LIMITS.max * share)),
    tag: seat?.tag ?? '',
    budget: parts.budget,
  });
  const startedAt = seat?.startedAt ?? sinceBoot();
  let open = true;
  let stdio: StdioTransport | undefined;
  let http: HttpTransport | undefined;
  let mcp: McpEndpoint | undefined;
  const failed = (error: unknown): void => log.error({ err: error }, 'an HTTP request failed unexpectedly');
  const lapses = createLapses({
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
    reloaded: lapses.review,
    stdio(input, output, connection, ended) {
      const { server } = settings;
      stdio = serveStdio({
        input,
        output,
        protocol,
        connection,
        server,
        log,
        maxMessageBytes: settings.maxRequestBytes,
        ended,
      });
    },
    async http() {
      if (settings.noAuth && snapshot().principals !== undefined && seat === undefined) {
        log.warn('--no-auth lets nobody do anything where the rules have principals: leave it out');
      }
      const generated = generatedToken(settings, snapshot(), log);
      if (generated !== undefined) redactor.add([generated.token]);
      const generatedTokenHash = generated === undefined ? undefined : tokenHash(generated.token);
      // Only here: over stdio nothing of HTTP is loaded.
      const [{ createMcpEndpoint }, { openHttp }] = await Promise.all([
        import('./http/mcp.ts'),
        import('./http/open.ts'),
      ]);
      mcp = createMcpEndpoint({
        protocol,
        sessions,
        lapses,
        maxMessageBytes: settings.maxRequestBytes,
        open: () => open,
        failed,
        elsewhere: seat?.elsewhere,
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
      stdio?.refuse();
      if ((await within(idle(), ms)) === 'idle') return;
      log.warn('calls were still running at the drain limit and are cancelled');
      const reason = new GatewayError('SHUTTING_DOWN', 'The gateway is shutting down: the call was cancelled.');
      stdio?.abort(reason);
      mcp?.abort(reason);
      await within(idle(), ABORT_MS);
    },
    async close() {
      lapses.close();
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
