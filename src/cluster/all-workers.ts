/** The knowledge of all workers of a gateway together. */
import type { Snapshot } from '../config/snapshot.ts';
import type { ClientReport } from '../mcp/connected-clients.ts';
import { type Measures, type Metrics, metricsReport, metricsText } from '../observe/metrics.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import { serversTogether } from '../observe/server-table.ts';
import { type AgentSpending, spendingTogether } from '../operations/spending.ts';
import { type ServerReport, withFigures } from '../upstream/pool/server-report.ts';
import type { WorkerPool } from './worker-pool.ts';

export class AllWorkers {
  readonly #workers: WorkerPool;
  readonly #metrics: Metrics;
  readonly #snapshot: () => Snapshot;
  #lastSpending: readonly AgentSpending[] = [];

  /** @param metrics of the first process */
  constructor(workers: WorkerPool, metrics: Metrics, snapshot: () => Snapshot) {
    this.#workers = workers;
    this.#metrics = metrics;
    this.#snapshot = snapshot;
  }

  /** The spending of agents when the metrics were last read. */
  get lastSpending(): readonly AgentSpending[] {
    return this.#lastSpending;
  }

  /** The state of all servers, in the order of the configuration. */
  readonly servers = async (): Promise<readonly ServerReport[]> => {
    const [reports, calls] = await Promise.all([
      this.#workers.all(({ channel }) => channel.ask('servers')),
      this.#workers.all(({ channel }) => channel.ask('serverCalls')),
    ]);
    const order = [...this.#snapshot().servers.keys()];
    return withFigures(reports.flat(), serversTogether(calls)).sort(
      (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
    );
  };

  /** The clients that are connected to any of them; a caller of several is there several times. */
  readonly clients = async (): Promise<readonly ClientReport[]> =>
    (await this.#workers.all(({ channel }) => channel.ask('clients'))).flat();

  readonly spending = async (): Promise<readonly AgentSpending[]> =>
    spendingTogether(await this.#workers.all(({ channel }) => channel.ask('spent')));

  /** @param visible which names may be told; undefined for all */
  readonly metrics = async (format: 'json' | 'prometheus', visible: VisibleNames | undefined): Promise<string> => {
    const measures = await this.#measures();
    return format === 'json' ? JSON.stringify(await metricsReport(measures, visible)) : metricsText(measures, visible);
  };

  async #measures(): Promise<readonly Measures[]> {
    this.#lastSpending = await this.spending();
    return [await this.#metrics.measures(), ...(await this.#workers.all(({ channel }) => channel.ask('measures')))];
  }
}
