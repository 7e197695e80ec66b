/** Composition root: settings -> { serve, reload, stop }. Wires everything below it and holds no logic. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { refuseStdout } from './audit/not-stdout.ts';
import { reportAudit } from './audit/report.ts';
import { openAudit } from './audit/sink.ts';
import { createCatalog } from './catalog/catalog.ts';
import { createHistory } from './catalog/history.ts';
import { isPublicName } from './catalog/public-names.ts';
import { recordChange } from './catalog/record-change.ts';
import { openStrictServers } from './catalog/strict-servers.ts';
import { estimateTokens } from './catalog/tokens.ts';
import { reportReload, reportSettings, reportStart } from './config/report.ts';
import { secretsOf } from './config/secrets.ts';
import { isLoopback, type Settings } from './config/settings.ts';
import { type ConfigStore, type ConfigStoreOptions, createConfigStore } from './config/store.ts';
import type { Snapshot } from './config/types.ts';
import { guardianScript } from './downstream/guardian.ts';
import type { GuardOptions } from './downstream/oauth/guard.ts';
import { createOAuth, type OAuth } from './downstream/oauth/oauth.ts';
import { openCredentials } from './downstream/oauth/open-store.ts';
import type { GuardedFetch } from './downstream/oauth/types.ts';
import { createDownstream } from './downstream/pool.ts';
import { reportServers, type ServerReport } from './downstream/report.ts';
import type { Downstream } from './downstream/types.ts';
import { createRenameLog } from './exposure/renames.ts';
import { checkBoundAgent, localConnection } from './identity/connections.ts';
import { createLedger } from './observe/ledger.ts';
import { createLogger, type Logger } from './observe/log.ts';
import { createMetrics, type Measures, type Metrics } from './observe/metrics.ts';
import { createRedactor, type Redactor } from './observe/redact.ts';
import { createLimiter } from './pipeline/limits.ts';
import type { PipelineParts } from './pipeline/parts.ts';
import { createDesk } from './pipeline/sign-in.ts';
import { STDIO_OWNER } from './pipeline/tenant.ts';
import type { Connection } from './pipeline/types.ts';
import { createParking } from './relay/parking.ts';
import { createTasks } from './relay/tasks.ts';
import { createByteBudget } from './shared/byte-budget.ts';
import { SERVER_INFO, VERSION } from './shared/version.ts';
import { gatewayTools } from './tools/all.ts';
import { createResultStore } from './tools/results/store.ts';
import { type SpentHere, spendingTogether, spentHere } from './tools/spending.ts';
import { serveControl } from './transport/control.ts';
import { defineDirectGauge, defineGauges } from './transport/gauges.ts';
import { createHookJoin } from './transport/hook-join.ts';
import { createHub } from './transport/hub.ts';
import { createProtocol } from './transport/protocol.ts';
import type { Seat } from './transport/seat.ts';
import { serverEvents } from './transport/server-events.ts';
import { createTransports, type StdioEnd } from './transport/start.ts';
import { statusOf } from './transport/status.ts';
import { viewOf } from './transport/view-of.ts';

/** Milliseconds for the client to say what it can do before servers are started without it. */
const FIRST_CALLER_MS = 1000;

export interface Gateway {
  readonly log: Logger;
  readonly snapshot: () => Snapshot;
  readonly oauth: OAuth;
  /** Everything that the path of a call needs; for commands that call without a transport. */
  readonly parts: PipelineParts;
  /** The connection of whoever started this process. @throws GatewayError where the rules give stdio to nobody */
  localConnection(): Connection;
  serveStdio(input: Readable, output: Writable, ended: (reason: StdioEnd) => void): Promise<void>;
  /** @returns where it listens, and the token if this start made one. */
  serveHttp(): Promise<{ readonly url: string; readonly newToken: string | undefined }>;
  /** Serves a connection over HTTP that another process accepted. @param head what was read of it already. */
  adopt(socket: Socket, head: Buffer): void;
  /** What this process alone knows and does. */
  readonly own: OwnPart;
  /** Reads the configuration again; what came of it is logged. */
  reload(): void;
  /** Takes no more calls, lets running ones finish for `drainMs`, then stops every server. */
  stop(drainMs: number): Promise<void>;
  /** Ends what can be ended at once. */
  kill(): void;
}

/** The part of one process in a gateway. */
export interface OwnPart {
  servers(): readonly ServerReport[];
  spent(): readonly SpentHere[];
  measures(): Promise<Measures>;
  readonly control: Downstream['control'];
  readonly output: Downstream['output'];
}

export interface GatewayOptions {
  /** False for commands that end soon. */
  readonly watch?: boolean;
  /** True for commands that tell by themselves what happened: no log unless it is asked for. */
  readonly quiet?: boolean | 'news';
  /** Where this process is one of several workers. */
  readonly seat?: Seat;
}

/** Loaded when a server wants a sign-in: few do. */
function guardedFetch(options: GuardOptions): GuardedFetch {
  let fetch: Promise<GuardedFetch> | undefined;
  return async (...request) => {
    fetch ??= import('./downstream/oauth/guarded-fetch.ts').then((loaded) => loaded.createGuardedFetch(options));
    return (await fetch)(...request);
  };
}

/**
 * Loads the configuration and puts the gateway together; nothing listens yet.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function createGateway(
  settings: Settings,
  { watch = true, quiet = false, seat }: GatewayOptions = {},
): Promise<Gateway> {
  if (settings.transport === 'stdio') refuseStdout(settings.auditLog);
  const redactor = createRedactor();
  const logger = createLogger({ debug: settings.debug, quiet, redact: redactor.redact });
  const log = seat === undefined ? logger : logger.child({ worker: seat.number });
  const metrics = createMetrics({ version: VERSION });
  const config = seat?.config ?? (await openConfig(settings, log, metrics, { watch }));
  keepSecrets(redactor, config.current());
  redactor.protect((word) => isPublicName(word, config.current(), catalog));

  const audit = openAudit({
    path: settings.auditLog,
    ...(settings.auditMinAgeMs === undefined ? {} : { minAgeMs: settings.auditMinAgeMs }),
    ...(settings.auditMaxBytes === undefined ? {} : { maxTotalBytes: settings.auditMaxBytes }),
    redact: redactor.redact,
    secretsVersion: redactor.version,
    onEvent: (event) => reportAudit(event, log, metrics),
  });
  // Whatever ends this process: what was counted and not written yet is written.
  const closeAudit = (): Promise<void> => audit.close();
  process.once('exit', closeAudit);
  const gatewayId = randomBytes(6).toString('hex');
  const hub = createHub(config.current);
  const events = serverEvents(hub, () => catalog);
  const oauth = createOAuth({
    store: openCredentials(settings, log),
    guardedFetch,
    listen: async (...how) => (await import('./transport/http/callback.ts')).listenForCallback(...how),
    log,
    servers: () => config.current().servers.values(),
    keepSecrets: redactor.renew,
    // Its lists are there then for callers that got none of it.
    signedIn: (server) => void downstream.control(server, 'warm'),
  });
  const ownServers = createDownstream({
    version: VERSION,
    gatewayId,
    maxMessageBytes: settings.maxResponseBytes,
    guardianScript: guardianScript(),
    only: settings.transport === 'stdio' ? STDIO_OWNER : undefined,
    log,
    redact: redactor.redact,
    authorization: oauth.authorization,
    strict: openStrictServers(settings.cacheDir, (err) =>
      log.debug({ err }, 'how a server starts is not written down'),
    ),
    events: seat?.events(events) ?? events,
  });
  const downstream = seat?.downstream(ownServers) ?? ownServers;
  const history = createHistory({
    folder: join(settings.cacheDir, 'definitions'),
    onChange(change) {
      const record = (isNews: boolean): void => {
        if (isNews) recordChange(audit, log, change);
      };
      if (seat === undefined) record(true);
      else void seat.isNews(change.server.name, change.digest).then(record);
    },
    failed: (error) => log.warn({ err: error }, 'what the servers offer could not be written down'),
  });
  const renames = createRenameLog(log);
  const catalog = createCatalog({
    downstream,
    log,
    history,
    onTools: renames.tools,
    cacheDir: settings.cacheDir,
    redact: redactor.redact,
    onArrival: (server, kind) => hub.listsChanged(server.name, [kind]),
  });
  const budget = createByteBudget({ share: seat?.share });
  const parking = createParking(seat?.tag, seat?.share, budget);
  const tasks = createTasks({ tag: seat?.tag, share: seat?.share });
  const results = createResultStore({ tag: seat?.tag, share: seat?.share, budget });
  const tokens = metrics.counter('tokens_total', 'Estimated tokens that agents read.', ['agent', 'kind']);
  const ledger = createLedger(tokens, estimateTokens);
  const spent = () => spentHere({ snapshot: config.current(), catalog, ledger, tools: parts.tools.values() });
  const spending = () => spendingTogether([spent()]);
  const servers = (): ServerReport[] =>
    reportServers(config.current(), downstream.status(), settings.transport === 'stdio').filter(
      ({ name }) => seat?.owns(name) ?? true,
    );
  let requests = 0;
  const parts: PipelineParts = {
    snapshot: config.current,
    tools: new Map(gatewayTools(settings).map((tool) => [tool.name, tool])),
    catalog,
    downstream,
    parking,
    tasks,
    results: seat?.results(results) ?? results,
    budget,
    limiter: seat?.limiter ?? createLimiter(),
    desk: createDesk({
      oauth,
      lasts: watch,
      isLocal: settings.transport === 'stdio' || isLoopback(settings.host),
      publicUrl: settings.publicUrl,
      tag: seat?.tag,
    }),
    audit,
    metrics,
    ledger,
    log,
    nextRequestId: () => `${gatewayId}-${++requests}`,
    status: async (sight) =>
      statusOf(config, (await seat?.servers()) ?? servers(), (await seat?.spending()) ?? spending(), sight),
  };
  const protocol = createProtocol(parts, {
    serverInfo: SERVER_INFO,
    hub,
    viewOf: (connection, now) => viewOf(settings, connection, now),
  });
  const hooks = seat === undefined ? createHookJoin(settings.cacheDir, gatewayId, log) : undefined;
  const attestations = seat?.attestations ?? hooks?.attestations;
  const transports = createTransports({
    settings,
    snapshot: config.current,
    parts,
    protocol,
    redactor,
    attestations,
    servers: () => seat?.servers() ?? servers(),
    metrics: async (format, sight) => {
      if (seat !== undefined) return seat.metrics(format, sight);
      return format === 'json' ? JSON.stringify(metrics.json(sight)) : metrics.prometheus(sight);
    },
    seat,
  });

  const ownNames = ({ servers: all }: Snapshot): string[] => [...all.keys()].filter((name) => seat?.owns(name) ?? true);
  renames.servers(ownNames(config.current()));
  config.subscribe((next) => {
    keepSecrets(redactor, next);
    renames.servers(ownNames(next));
    void hooks?.update(next);
    downstream.retain(next.servers);
    catalog.retain(next);
    results.review();
    hub.reloaded();
    transports.reloaded();
    if (settings.initStrategy === 'eager') downstream.warm(next.servers);
  });
  defineGauges(metrics, config, transports.sessions, servers);
  if (seat === undefined) defineDirectGauge(metrics, spending);
  const { control, output } = downstream;
  const openControl = (): void => {
    closeControl = serveControl(settings, log, { servers, spending, control, output });
  };
  let closeControl: (() => void) | undefined;

  return {
    log,
    snapshot: config.current,
    oauth,
    parts,
    localConnection: () => localConnection(settings, config.current()),
    async serveStdio(input, output, ended) {
      openControl();
      await hooks?.update(config.current());
      transports.stdio(input, output, localConnection(settings, config.current(), attestations), ended);
      if (settings.initStrategy === 'eager') downstream.warm(config.current().servers, FIRST_CALLER_MS);
    },
    async serveHttp() {
      await hooks?.update(config.current());
      const listening = await transports.http();
      if (seat === undefined) openControl();
      if (settings.initStrategy === 'eager') downstream.warm(config.current().servers);
      return listening;
    },
    adopt: transports.adopt,
    own: { servers, spent, measures: metrics.measures, control: ownServers.control, output: ownServers.output },
    reload: () => void config.reload(),
    async stop(drainMs) {
      config.close();
      closeControl?.();
      hub.end();
      await transports.drain(drainMs);
      // The others may still need what this worker owns.
      await seat?.drained();
      parking.clear();
      oauth.close();
      await downstream.close();
      await catalog.close();
      await transports.close();
      await hooks?.close();
      await history.settled();
      await closeAudit();
      process.off('exit', closeAudit);
    },
    kill: () => downstream.kill(),
  };
}

/**
 * The configuration of this machine, its start and its reloads reported.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function openConfig(
  settings: Settings,
  log: Logger,
  metrics: Metrics,
  options: Pick<ConfigStoreOptions, 'watch' | 'agree' | 'onReload'>,
): Promise<ConfigStore> {
  const config: ConfigStore = await createConfigStore({
    ...options,
    settings,
    env: process.env,
    onReload(outcome) {
      reportReload(outcome, log, metrics);
      if (outcome.kind === 'applied') reportSettings(settings, config.current(), log);
      options.onReload?.(outcome);
    },
    onError: (error) => log.error({ err: error }, 'a reload failed unexpectedly'),
  });
  checkBoundAgent(settings, config.current());
  reportStart(config, settings, log);
  return config;
}

/** What is secret in a configuration; its names are not, whatever some entry says. */
export function keepSecrets(redactor: Redactor, snapshot: Snapshot): void {
  redactor.replace(secretsOf(snapshot));
}
