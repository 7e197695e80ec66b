/**
 * A gateway of several workers: this process accepts connections, loads the configuration, counts limits and answers for all;
 * the workers do the rest.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { serveControl } from '../admin/control-socket.ts';
import { defineDirectGauge } from '../admin/gauges.ts';
import { createHookJoin } from '../admin/hook-listener.ts';
import { isPublicName } from '../catalog/public-names.ts';
import type { ConfigContents } from '../config/load-snapshot.ts';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { keepSecrets, openConfig } from '../gateway/open-config.ts';
import { createLogger } from '../observe/log.ts';
import { createMetrics, metricsReport, metricsText } from '../observe/metrics.ts';
import { createRedactor } from '../observe/redact.ts';
import { type AgentSpending, spendingTogether } from '../operations/spending.ts';
import { createLimiter } from '../pipeline/rate-limits.ts';
import { sinceBoot } from '../shared/since-boot.ts';
import { VERSION } from '../shared/version.ts';
import { generatedToken } from '../transport/transports.ts';
import { type Acceptor, openAcceptor } from './acceptor.ts';
import type { Owners, PrimaryApi, StartOrder } from './ipc-messages.ts';
import { assign } from './server-assignment.ts';
import { createAdmissions } from './shared-limits.ts';
import { openSocketPairs } from './socket-pairs.ts';
import { followOutput } from './worker-output.ts';
import { createWorkerPool, type PoolWorker, type WorkerPool } from './worker-pool.ts';

/** The life of a gateway of several workers, as of one in a single process. */
export type Cluster = Pick<Gateway, 'log' | 'serveHttp' | 'reload' | 'stop' | 'kill'>;

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function createCluster(settings: Settings): Promise<Cluster> {
  const redactor = createRedactor();
  const log = createLogger({ debug: settings.debug, redact: redactor.redact });
  const metrics = createMetrics({ version: VERSION });
  const startedAt = sinceBoot();
  const id = randomBytes(6).toString('hex');
  const size = settings.workers;
  let owners: Owners = new Map();
  const config = await openConfig(settings, log, metrics, {
    watch: true,
    agree,
    onReload: () => {
      for (const { line } of workers.members()) line.tell('reloaded', config.status());
    },
  });
  keepSecrets(redactor, config.current());
  redactor.protect((word) => isPublicName(word, config.current()));
  owners = assign(config.current().servers.keys(), size);

  const limiter = createLimiter();
  const admissions = Array.from({ length: size }, () => createAdmissions(limiter, config.current));
  const hooks = createHookJoin(settings.cacheDir, id, log);
  const memberOf = (server: string): PoolWorker | undefined => workers.member(owners.get(server) ?? -1);
  const output = followOutput(memberOf);

  const servers = async () => {
    const known = (await workers.all(({ line }) => line.ask('servers'))).flat();
    const order = [...config.current().servers.keys()];
    return known.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  };
  const spending = async () => spendingTogether(await workers.all(({ line }) => line.ask('spent')));
  let lastSpending: readonly AgentSpending[] = [];
  defineDirectGauge(metrics, () => lastSpending);
  const measured = async () => {
    lastSpending = await spending();
    return [await metrics.measures(), ...(await workers.all(({ line }) => line.ask('measures')))];
  };

  const pairs = await openSocketPairs();
  const workers: WorkerPool = createWorkerPool({
    size,
    log,
    pairs,
    order: (number): StartOrder => ({
      number,
      of: size,
      settings,
      config: { location: config.location, contents: config.contents(), status: config.status() },
      owners,
      startedAt,
      mainScript: process.argv[1],
    }),
    api: (number) => apiOf(number),
    ended: (number) => {
      admissions[number]?.clear();
      drains.leave(number);
    },
  });
  const drains = createBarrier(() => workers.members().map((member) => member.number));

  /** Hash of what each server offers, as it was recorded last. */
  const offered = new Map<string, string>();

  function apiOf(number: number): PrimaryApi {
    const { admit, done } = admissions[number] ?? createAdmissions(limiter, config.current);
    return {
      admit,
      done,
      reach: (worker, id) => workers.reach(number, worker, id),
      attested: (toolUseId) => hooks.attestations.take(toolUseId),
      reload: () => void config.reload(),
      servers,
      spending,
      metrics: async (format, sight) =>
        format === 'json'
          ? JSON.stringify(metricsReport(await measured(), sight))
          : metricsText(await measured(), sight),
      written: output.written,
      isNews(server, digest) {
        const known = offered.get(server);
        offered.set(server, digest);
        return known !== digest;
      },
      drained: () => drains.arrive(number),
    };
  }

  /** All workers check what comes next before any of them uses it. */
  async function agree(contents: ConfigContents, next: Snapshot): Promise<() => Promise<void>> {
    const following = assign(next.servers.keys(), size, owners);
    const prepared = new Set<PoolWorker>();
    const prepare = (member: PoolWorker): Promise<void> => {
      prepared.add(member);
      return member.line.ask('prepare', contents, following);
    };
    await workers.everybody(prepare);
    return async () => {
      owners = following;
      await workers.everybody(async (member) => {
        // One that was started meanwhile began with what was in force then.
        if (!prepared.has(member)) await prepare(member);
        await member.line.ask('swap');
      });
    };
  }

  config.subscribe((next) => {
    keepSecrets(redactor, next);
    void hooks.update(next);
  });
  metrics.gauge('workers', 'Worker processes that take requests.', () => workers.ready().length);
  let door: Acceptor | undefined;
  let closeControl: (() => void) | undefined;

  return {
    log,
    async serveHttp() {
      await hooks.update(config.current());
      const generated = generatedToken(settings, config.current(), log);
      if (generated !== undefined) redactor.add([generated.token]);
      try {
        await workers.start();
        door = await openAcceptor({
          host: settings.host,
          port: settings.port,
          enter: workers.enter,
          failed: (error) => log.error({ err: error }, 'a connection could not be accepted'),
        });
      } catch (error) {
        workers.kill();
        throw error;
      }
      closeControl = serveControl(settings, log, {
        servers,
        spending,
        control: async (server, what) => (await memberOf(server)?.line.ask('control', server, what)) ?? false,
        output: output.of,
      });
      return { url: door.url, newToken: generated?.created === true ? generated.token : undefined };
    },
    reload: () => void config.reload(),
    async stop(drainMs) {
      config.close();
      closeControl?.();
      await workers.stop(drainMs);
      door?.close();
      pairs.close();
      await hooks.close();
    },
    kill: workers.kill,
  };
}

/** Lets everybody wait for everybody. */
function createBarrier(members: () => readonly number[]) {
  const arrived = new Map<number, () => void>();
  const look = (): void => {
    if (!members().every((number) => arrived.has(number))) return;
    for (const go of arrived.values()) go();
  };
  return {
    arrive: (number: number): Promise<void> =>
      new Promise((resolve) => {
        arrived.set(number, resolve);
        look();
      }),
    leave(number: number): void {
      arrived.delete(number);
      look();
    },
  };
}
