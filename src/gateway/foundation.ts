/** The foundation of a gateway: configuration, log, metrics, redaction, audit. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { openAudit } from '../audit/audit-log.ts';
import type { AuditSink } from '../audit/audit-record.ts';
import { reportAudit } from '../audit/audit-report.ts';
import { refuseStdout } from '../audit/not-stdout.ts';
import type { ConfigStore } from '../config/config-store.ts';
import type { Settings } from '../config/settings.ts';
import { createLogger, type Logger } from '../observe/log.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { Redactor } from '../observe/redact.ts';
import { jobThreads } from '../shared/job-threads.ts';
import { VERSION } from '../shared/version.ts';
import type { SharedStore } from '../store/shared-store.ts';
import type { WorkerContext } from '../transport/worker-context.ts';
import { keepSecrets, openConfig } from './open-config.ts';

/** Milliseconds to count the calls of rotated files: after an update those of all of them. */
const SUMMARISE_MS = 300_000;

export interface GatewayOptions {
  /** False for commands that end soon. */
  readonly watch?: boolean;
  /** True for commands that tell by themselves what happened: no log unless it is asked for. */
  readonly quiet?: boolean | 'news';
  /** True for commands that look at what servers offer, whether or not somebody accepted it, and let nobody call it. */
  readonly unguarded?: boolean;
  /** Undefined where this is the only process. */
  readonly worker?: WorkerContext;
}

export interface Foundation {
  readonly settings: Settings;
  readonly worker: WorkerContext | undefined;
  /** Names this process in records and request ids. */
  readonly gatewayId: string;
  readonly config: ConfigStore;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly audit: AuditSink;
  /** The store that several gateways share; undefined where this is the only one. */
  readonly store: SharedStore | undefined;
  closeAudit(): Promise<void>;
}

/** Loads the configuration and opens the audit log. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, STORE_UNAVAILABLE */
export async function openFoundation(
  settings: Settings,
  { watch = true, quiet = false, worker }: GatewayOptions,
): Promise<Foundation> {
  if (settings.transport === 'stdio') refuseStdout(settings.auditLog);
  const redactor = new Redactor();
  const logger = createLogger({ debug: settings.debug, quiet, redact: redactor.redact });
  const log = worker === undefined ? logger : logger.child({ worker: worker.number });
  const metrics = createMetrics({ version: VERSION });
  const config = worker?.config ?? (await openConfig(settings, log, metrics, { watch }));
  keepSecrets(redactor, config.current());
  const store =
    settings.store === undefined
      ? undefined
      : await (await import('./open-shared.ts')).openShared(settings, { log, metrics });
  const audit = openAudit({
    path: settings.auditLog,
    ...(settings.auditMinAgeMs === undefined ? {} : { minAgeMs: settings.auditMinAgeMs }),
    ...(settings.auditMaxBytes === undefined ? {} : { maxTotalBytes: settings.auditMaxBytes }),
    redact: redactor.redact,
    secretsVersion: () => redactor.version(),
    onEvent: (event) => reportAudit(event, log, metrics),
    onRotated: () => void heads?.send(),
    summarise: async (path) => jobThreads()?.run('audit', { summarise: path }, SUMMARISE_MS),
  });
  const { auditHeads } = settings;
  const heads =
    auditHeads.length === 0
      ? undefined
      : (await import('./audit-heads.ts')).startHeads(settings, () => audit.head(), log);
  const closeAtExit = (): Promise<void> => audit.close();
  // Whatever ends this process: what was counted and not written yet is written.
  process.once('exit', closeAtExit);
  return {
    settings,
    worker,
    gatewayId: randomBytes(6).toString('hex'),
    config,
    redactor,
    log,
    metrics,
    audit,
    store,
    async closeAudit() {
      await audit.close();
      await store?.close();
      await heads?.close();
      process.off('exit', closeAtExit);
    },
  };
}
