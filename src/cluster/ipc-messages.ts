/** The requests between the processes of one gateway. */

import type { AnswerOutcome, Said } from '../approvals/approvals.ts';
import type { Answerer } from '../approvals/question.ts';
import type { ConfigStore } from '../config/config-store.ts';
import type { ConfigContents } from '../config/load-snapshot.ts';
import type { ConfigLocation } from '../config/locate-files.ts';
import type { Settings } from '../config/settings.ts';
import type { Attested } from '../identity/attestations.ts';
import type { ClientReport } from '../mcp/connected-clients.ts';
import type { Measures } from '../observe/metrics.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { ServerCalls } from '../observe/server-table.ts';
import type { AgentSpending, SpentHere } from '../operations/spending.ts';
import type { ControlAnswer, ControlVerb } from '../upstream/contract.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';

/** Server -> number of the worker that it belongs to. */
export type Owners = ReadonlyMap<string, number>;

export interface StartOrder {
  readonly number: number;
  /** Workers in all. */
  readonly of: number;
  readonly settings: Settings;
  readonly config: {
    readonly location: ConfigLocation;
    readonly contents: ConfigContents;
    readonly status: ReturnType<ConfigStore['status']>;
  };
  readonly owners: Owners;
  /** The time at which the gateway started, in milliseconds since the machine did. */
  readonly startedAt: number;
  /** The program that the user started: an entry that names it would start gateways without end. */
  readonly mainScript: string | undefined;
}

type Maybe<T> = T | Promise<T>;

/** The requests of the first process to a worker. */
export type WorkerApi = {
  /** Resolves when it takes requests. */
  start(order: StartOrder): Promise<void>;
  /** The numbers of those that take requests now. */
  others(ready: readonly number[]): Maybe<void>;
  /** Checks a configuration, to use it when told so. @throws GatewayError CONFIG_INVALID */
  prepare(contents: ConfigContents, owners: Owners): Promise<void>;
  /** Uses what was prepared. */
  swap(): Maybe<void>;
  reloaded(status: ReturnType<ConfigStore['status']>): Maybe<void>;
  servers(): Maybe<readonly ServerReport[]>;
  /** The calls to each server that this worker made, whichever worker it belongs to. */
  serverCalls(): Maybe<ReadonlyMap<string, ServerCalls>>;
  clients(): Maybe<readonly ClientReport[]>;
  spent(): Maybe<readonly SpentHere[]>;
  measures(): Promise<Measures>;
  control(server: string, what: ControlVerb): Maybe<ControlAnswer>;
  /** The output of a server on stderr. */
  output(server: string): Maybe<string | undefined>;
  /** The same, and, as `written`, what it writes from now on. */
  follow(id: number, server: string): Maybe<string | undefined>;
  unfollow(id: number): Maybe<void>;
  /** Takes an answer to a question about a call. */
  answer(id: string, said: Said, by: Answerer): Promise<AnswerOutcome>;
  /** Resolves when everything of it is closed. */
  stop(drainMs: number): Promise<void>;
};

/** The requests of a worker to the first process. */
export type PrimaryApi = {
  /** Counts a call. @returns its number for `done`; undefined where nothing limits it. @throws GatewayError RATE_LIMITED */
  admit(principal: string, agent: string, requestBytes: number): number | undefined;
  done(admission: number, resultBytes: number): void;
  /** A connection to another worker comes under this number. @throws GatewayError SERVER_UNAVAILABLE where there is none */
  reach(worker: number, id: number): Promise<void>;
  attested(toolUseId: string): Attested | undefined;
  reload(): void;
  servers(): Promise<readonly ServerReport[]>;
  spending(): Promise<readonly AgentSpending[]>;
  metrics(format: 'json' | 'prometheus', sight: VisibleNames | undefined): Promise<string>;
  written(id: number, text: string): void;
  /** True if no worker has recorded yet that a server offers this now. */
  isNews(server: string, digest: string): boolean;
  /** It has no call left. Resolves when no worker has. */
  drained(): Promise<void>;
};
