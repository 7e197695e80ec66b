/**
 * A gateway of several workers: this process accepts connections, loads the configuration, counts limits and answers for all;
 * the workers do the rest.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { serveControl } from '../admin/control-socket.ts';
import { defineDirectGauge } from '../admin/gauges.ts';
import { createHookJoin, type HookJoin } from '../admin/hook-listener.ts';
import { approvalsFolder, OpenQuestions } from '../approvals/open-questions.ts';
import { isPublicName } from '../catalog/public-names.ts';
import type { ConfigStore } from '../config/config-store.ts';
import type { Settings } from '../config/settings.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { keepSecrets, openConfig } from '../gateway/open-config.ts';
import { createLogger, type Logger } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { Redactor } from '../observe/redact.ts';
import { createLimiter } from '../pipeline/rate-limits.ts';
import { sinceBoot } from '../shared/since-boot.ts';
import { VERSION } from '../shared/version.ts';
import { ARRIVE_MS } from '../transport/http/stop-listening.ts';
import { generatedToken } from '../transport/transports.ts';
import { type Acceptor, openAcceptor } from './acceptor.ts';
import { AllWorkers } from './all-workers.ts';
import { Barrier } from './barrier.ts';
import { ConfigAgreement } from './config-agreement.ts';
import type { PrimaryApi, StartOrder } from './ipc-messages.ts';
import { createAdmissions } from './shared-limits.ts';
import { openSocketPairs, type SocketPairs } from './socket-pairs.ts';
import { followOutput, type Outputs } from './worker-output.ts';
import { WorkerPool } from './worker-pool.ts';

/** The life of a gateway of several workers, as of one in a single process. */
type Cluster = Pick<Gateway, 'log' | 'serveHttp' | 'reload' | 'stop' | 'kill'>;

/** Loads the configuration and puts the first process together; nothing is started yet. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function createCluster(settings: Settings): Promise<Cluster> {
  const redactor = new Redactor();
  const log = createLogger({ debug: settings.debug, redact: redactor.redact });
  const metrics = createMetrics({ version: VERSION });
  const startedAt = sinceBoot();
  const agreement = new ConfigAgreement(settings.workers, () => workers);
  const config = await openConfig(settings, log, metrics, {
    watch: true,
    agree: (contents, next) => agreement.agree(contents, next),
    onReload: () => {
      for (const { channel } of workers.members()) channel.tell('reloaded', config.status());
    },
  });
  keepSecrets(redactor, config.current());
  redactor.protect((word) => isPublicName(word, config.current()));
  agreement.begin(config.current());
  const hooks = createHookJoin(settings.cacheDir, randomBytes(6).toString('hex'), log);
  const pairs = await openSocketPairs();
  const order = (number: number): StartOrder => ({
    number,
    of: settings.workers,
    settings,
    config: { location: config.location, contents: config.contents(), status: config.status() },
    owners: agreement.owners,
    startedAt,
    mainScript: process.argv[1],
  });
  const output = followOutput(agreement.ownerOf);
  const answers = new AnswersToWorkers({ size: settings.workers, config, hooks, output, workers: () => workers });
  const workers: WorkerPool = new WorkerPool({
    size: settings.workers,
    log,
    pairs,
    order,
    api: (number) => answers.api(number, all),
    ended: (number) => answers.forget(number),
  });
  const all = new AllWorkers(workers, metrics, config.current);
  defineDirectGauge(metrics, () => all.lastSpending);
  metrics.gauge('workers', 'Worker processes that take requests.', () => workers.ready().length);
  config.subscribe((next) => {
    keepSecrets(redactor, next);
    void hooks.update(next);
  });
  return new Primary({ settings, log, redactor, config, agreement, hooks, pairs, output, workers, all });
}

interface AnswersOptions {
  readonly size: number;
  readonly config: ConfigStore;
  readonly hooks: HookJoin;
  readonly output: Outputs;
  readonly workers: () => WorkerPool;
}

/** The knowledge of the first process for all: limits, attestations, which definitions are news, who has no calls left. */
class AnswersToWorkers {
  readonly #options: AnswersOptions;
  readonly #admissions;
  readonly #drained: Barrier;
  /** Hash of what each server offers, as it was recorded last. */
  readonly #recorded = new Map<string, string>();

  constructor(options: AnswersOptions) {
    this.#options = options;
    const limiter = createLimiter();
    this.#admissions = Array.from({ length: options.size }, () => createAdmissions(limiter, options.config.current));
    this.#drained = new Barrier(() =>
      options
        .workers()
        .members()
        .map(({ number }) => number),
    );
  }

  /** The requests that a worker may make; made anew for each process. */
  api(number: number, { servers, spending, metrics }: AllWorkers): PrimaryApi {
    const { config, hooks, output, workers } = this.#options;
    const { admit, done } = this.#admissions[number] as ReturnType<typeof createAdmissions>;
    return {
      admit,
      done,
      reach: (worker, id) => workers().reach(number, worker, id),
      attested: (toolUseId) => hooks.attestations.take(toolUseId),
      reload: () => void config.reload(),
      servers,
      spending,
      metrics,
      written: output.written,
      isNews: (server, digest) => {
        const before = this.#recorded.get(server);
        this.#recorded.set(server, digest);
        return before !== digest;
      },
      drained: () => this.#drained.arrive(number),
    };
  }

  /** A worker is gone, and with it all that it had asked for. */
  forget(number: number): void {
    this.#admissions[number]?.clear();
    this.#drained.leave(number);
  }
}

interface PrimaryParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly config: ConfigStore;
  readonly agreement: ConfigAgreement;
  readonly hooks: HookJoin;
  readonly pairs: SocketPairs;
  readonly output: Outputs;
  readonly workers: WorkerPool;
  readonly all: AllWorkers;
}

class Primary implements Cluster {
  readonly #parts: PrimaryParts;
  #acceptor: Acceptor | undefined;
  #closeControl: (() => void) | undefined;

  constructor(parts: PrimaryParts) {
    this.#parts = parts;
  }

  get log(): Logger {
    return this.#parts.log;
  }

  async serveHttp(): Promise<{ readonly url: string; readonly newToken: string | undefined }> {
    const { settings, log, config, hooks, redactor, workers } = this.#parts;
    await hooks.update(config.current());
    const generated = generatedToken(settings, config.current(), log);
    if (generated !== undefined) redactor.add([generated.token]);
    let acceptor: Acceptor;
    try {
      await workers.start();
      acceptor = await openAcceptor({
        host: settings.host,
        port: settings.port,
        enter: (socket, head, number) => workers.enter(socket, head, number),
        failed: (error) => log.error({ err: error }, 'a connection could not be accepted'),
      });
    } catch (error) {
      workers.kill();
      throw error;
    }
    this.#acceptor = acceptor;
    this.#openControl();
    return { url: acceptor.url, newToken: generated?.created === true ? generated.token : undefined };
  }

  reload(): void {
    void this.#parts.config.reload();
  }

  async stop(drainMs: number): Promise<void> {
    const { settings, config, workers, pairs, hooks } = this.#parts;
    const { stopDelayMs } = settings;
    config.close();
    this.#closeControl?.();
    if (stopDelayMs > 0) void this.#acceptor?.leave(stopDelayMs);
    await workers.stop(drainMs, stopDelayMs + ARRIVE_MS);
    this.#acceptor?.close();
    pairs.close();
    await hooks.close();
  }

  kill(): void {
    this.#parts.workers.kill();
  }

  #openControl(): void {
    const { settings, log, agreement, output, all, workers } = this.#parts;
    this.#closeControl = serveControl(settings, log, {
      servers: all.servers,
      clients: all.clients,
      spending: all.spending,
      control: async (server, verb) => (await agreement.ownerOf(server)?.channel.ask('control', server, verb)) ?? false,
      output: output.of,
      questions: OpenQuestions.in(approvalsFolder(settings.cacheDir)),
      // Any of them keeps the records.
      answer: async (...said) => (await workers.ready()[0]?.channel.ask('answer', ...said)) ?? 'unknown',
    });
  }
}
