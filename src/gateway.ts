/** Composition root: settings -> { serve, reload, stop }. Wires everything below it and holds no logic. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { serveControl } from './admin/control-socket.ts';
import { statusOf } from './admin/gateway-status.ts';
import { defineDirectGauge, defineGauges } from './admin/gauges.ts';
import { createHookJoin } from './admin/hook-listener.ts';
import { openAudit } from './audit/audit-log.ts';
import { reportAudit } from './audit/audit-report.ts';
import { refuseStdout } from './audit/not-stdout.ts';
import { createCatalog } from './catalog/catalog.ts';
import { createHistory } from './catalog/definition-history.ts';
import { estimateTokens } from './catalog/estimate-tokens.ts';
import { isPublicName } from './catalog/public-names.ts';
import { recordChange } from './catalog/record-change.ts';
import { openStrictServers } from './catalog/strict-servers.ts';
import { reportReload, reportSettings, reportStart } from './config/config-report.ts';
import { type ConfigStore, type ConfigStoreOptions, createConfigStore } from './config/config-store.ts';
import { secretsOf } from './config/known-secrets.ts';
import { isLoopback, type Settings } from './config/settings.ts';
import type { Snapshot } from './config/snapshot.ts';
import { checkBoundAgent, localConnection } from './identity/known-connections.ts';
import { createMcpHandler } from './mcp/handler.ts';
import { viewOf } from './mcp/select-view.ts';
import { serverEvents } from './mcp/server-events.ts';
import { createSubscriptions } from './mcp/subscriptions.ts';
import { createLedger } from './observe/ledger.ts';
import { createLogger, type Logger } from './observe/log.ts';
import { createMetrics, type Measures, type Metrics } from './observe/metrics.ts';
import { createRedactor, type Redactor } from './observe/redact.ts';
import { gatewayTools } from './operations/gateway-tools/gateway-tools.ts';
import { createResultStore } from './operations/results/result-store.ts';
import { createRenameLog } from './operations/server-methods/rename-log.ts';
import { type SpentHere, spendingTogether, spentHere } from './operations/spending.ts';
import type { Connection } from './pipeline/caller.ts';
import type { PipelineDependencies } from './pipeline/dependencies.ts';
import { createLimiter } from './pipeline/rate-limits.ts';
import { createSignInPrompts } from './pipeline/sign-in-prompts.ts';
import { STDIO_OWNER } from './pipeline/tenant.ts';
import { createParkedConversations } from './relay/parked-conversations.ts';
import { createTasks } from './relay/task-registry.ts';
import { createByteBudget } from './shared/byte-budget.ts';
import { SERVER_INFO, VERSION } from './shared/version.ts';
import { createTransports, type StdioEnd } from './transport/transports.ts';
import type { WorkerContext } from './transport/worker-context.ts';
import type { Upstreams } from './upstream/contract.ts';
import type { GuardOptions } from './upstream/oauth/address-guard.ts';
import type { GuardedFetch } from './upstream/oauth/credential-key.ts';
import { openCredentials } from './upstream/oauth/credential-store.ts';
import { createOAuthClient, type OAuthClient } from './upstream/oauth/oauth-client.ts';
import { reportServers, type ServerReport } from './upstream/pool/server-report.ts';
import { createUpstreams } from './upstream/pool/upstreams.ts';
import { guardianScript } from './upstream/process/guardian.ts';

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
  readonly control: Upstreams['control'];
  readonly output: Upstreams['output'];
}

export interface GatewayOptions {
  /** False for commands that end soon. */
  readonly watch?: boolean;
  /** True for commands that tell by themselves what happened: no log unless it is asked for. */
  readonly quiet?: boolean | 'news';
  /** Where this process is one of several workers. */
  readonly worker?: WorkerContext;
}

/** Loaded when a server wants a sign-in: few do. */
function guardedFetch(options: GuardOptions): GuardedFetch {
  let fetch: Promise<GuardedFetch> | undefined;
  return async (...request) => {
    fetch ??= import('./upstream/oauth/guarded-fetch.ts').then((loaded) => loaded.createGuardedFetch(options));
    return (await fetch)(...request);
  };
}

/**
 * Loads the configuration and puts the gateway together; nothing listens yet.
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function createGateway(
  settings: Settings,
  { watch = true, quiet = false, worker }: GatewayOptions = {},
): Promise<Gateway> {
  if (settings.transport === 'stdio') refuseStdout(settings.auditLog);
  const redactor = createRedactor();
  const logger = createLogger({ debug: settings.debug, quiet, redact: redactor.redact });
  const log = worker === undefined ? logger : logger.child({ worker: worker.number });
  const metrics = createMetrics({ version: VERSION });
  const config = worker?.config ?? (await openConfig(settings, log, metrics, { watch }));
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
  const subscriptions = createSubscriptions(config.current);
  const events = serverEvents(subscriptions, () => catalog);
  const oauth = createOAuthClient({
    store: openCredentials(settings, log),
    guardedFetch,
    listen: async (...how) => (await import('./transport/http/oauth-callback.ts')).listenForCallback(...how),
    log,
    servers: () => config.current().servers.values(),
    keepSecrets: redactor.renew,
    // Its lists are there then for callers that got none of it.
    signedIn: (server) => void upstreams.control(server, 'warm'),
  });
  const ownServers = createUpstreams({
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
    events: worker?.events(events) ?? events,
  });
  const upstreams = worker?.upstreams(ownServers) ?? ownServers;
  const history = createHistory({
    folder: join(settings.cacheDir, 'definitions'),
    onChange(change) {
      const record = (isNews: boolean): void => {
        if (isNews) recordChange(audit, log, change);
      };
      if (worker === undefined) record(true);
      else void worker.isNews(change.server.name, change.digest).then(record);
    },
    failed: (error) => log.warn({ err: error }, 'what the servers offer could not be written down'),
  });
  const renames = createRenameLog(log);
  const catalog = createCatalog({
    upstreams,
    log,
    history,
    onTools: renames.tools,
    cacheDir: settings.cacheDir,
    redact: redactor.redact,
    onArrival: (server, kind) => subscriptions.listsChanged(server.name, [kind]),
  });
  const budget = createByteBudget({ share: worker?.share });
  const parking = createParkedConversations(worker?.tag, worker?.share, budget);
  const tasks = createTasks({ tag: worker?.tag, share: worker?.share });
  const results = createResultStore({ tag: worker?.tag, share: worker?.share, budget });
  const tokens = metrics.counter('tokens_total', 'Estimated tokens that agents read.', ['agent', 'kind']);
  const ledger = createLedger(tokens, estimateTokens);
  const spent = () => spentHere({ snapshot: config.current(), catalog, ledger, tools: parts.tools.values() });
  const spending = () => spendingTogether([spent()]);
  const servers = (): ServerReport[] =>
    reportServers(config.current(), upstreams.status(), settings.transport === 'stdio').filter(
      ({ name }) => worker?.owns(name) ?? true,
    );
  let requests = 0;
  const parts: PipelineDependencies = {
    snapshot: config.current,
    tools: new Map(gatewayTools(settings).map((tool) => [tool.name, tool])),
    catalog,
    upstreams,
    parking,
    tasks,
    results: worker?.results(results) ?? results,
    budget,
    limiter: worker?.limiter ?? createLimiter(),
    signInPrompts: createSignInPrompts({
      oauth,
      lasts: watch,
      isLocal: settings.transport === 'stdio' || isLoopback(settings.host),
      publicUrl: settings.publicUrl,
      tag: worker?.tag,
    }),
    audit,
    metrics,
    ledger,
    log,
    nextRequestId: () => `${gatewayId}-${++requests}`,
    status: async (visible) =>
      statusOf(config, (await worker?.servers()) ?? servers(), (await worker?.spending()) ?? spending(), visible),
  };
  const handler = createMcpHandler(parts, {
    serverInfo: SERVER_INFO,
    subscriptions,
    viewOf: (connection, now) => viewOf(settings, connection, now),
  });
  const hooks = worker === undefined ? createHookJoin(settings.cacheDir, gatewayId, log) : undefined;
  const attestations = worker?.attestations ?? hooks?.attestations;
  const transports = createTransports({
    settings,
    snapshot: config.current,
    parts,
    handler,
    redactor,
    attestations,
    servers: () => worker?.servers() ?? servers(),
    metrics: async (format, visible) => {
      if (worker !== undefined) return worker.metrics(format, visible);
      return format === 'json' ? JSON.stringify(metrics.json(visible)) : metrics.prometheus(visible);
    },
    worker,
  });

  const ownNames = ({ servers: all }: Snapshot): string[] =>
    [...all.keys()].filter((name) => worker?.owns(name) ?? true);
  renames.servers(ownNames(config.current()));
  config.subscribe((next) => {
    keepSecrets(redactor, next);
    renames.servers(ownNames(next));
    void hooks?.update(next);
    upstreams.retain(next.servers);
    catalog.retain(next);
    results.review();
    subscriptions.reloaded();
    transports.reloaded();
    if (settings.initStrategy === 'eager') upstreams.warm(next.servers);
  });
  defineGauges(metrics, config, transports.sessions, servers);
  if (worker === undefined) defineDirectGauge(metrics, spending);
  const { control, output } = upstreams;
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
      if (settings.initStrategy === 'eager') upstreams.warm(config.current().servers, FIRST_CALLER_MS);
    },
    async serveHttp() {
      await hooks?.update(config.current());
      const listening = await transports.http();
      if (worker === undefined) openControl();
      if (settings.initStrategy === 'eager') upstreams.warm(config.current().servers);
      return listening;
    },
    adopt: transports.adopt,
    own: { servers, spent, measures: metrics.measures, control: ownServers.control, output: ownServers.output },
    reload: () => void config.reload(),
    async stop(drainMs) {
      config.close();
      closeControl?.();
      subscriptions.end();
      await transports.drain(drainMs);
      // The others may still need what this worker owns.
      await worker?.drained();
      parking.clear();
      oauth.close();
      await upstreams.close();
      await catalog.close();
      await transports.close();
      await hooks?.close();
      await history.settled();
      await closeAudit();
      process.off('exit', closeAudit);
    },
    kill: () => upstreams.kill(),
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
