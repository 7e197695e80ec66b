/** The part of a gateway that differs in one of several workers: what exists once is somewhere else (src/cluster). */
import type { AskOthers } from '../catalog/unlisted-resources.ts';
import type { ConfigStore } from '../config/config-store.ts';
import type { AttestedUses } from '../identity/attestations.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { LocalResultStore, ResultStore } from '../operations/results/result-store.ts';
import type { AgentSpending } from '../operations/spending.ts';
import type { Limiter } from '../pipeline/rate-limits.ts';
import type { UpstreamEvents, Upstreams } from '../upstream/contract.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';
import type { WorkerForwarding } from './http/forward-to-worker.ts';

export interface WorkerContext {
  readonly number: number;
  /** The beginning of the names of what only this worker has: sessions, calls that wait, tasks, results. */
  readonly tag: string;
  /** Its part of limits that each worker counts for itself, from 0 to 1. */
  readonly share: number;
  /** The time at which the gateway started, in milliseconds since the machine did. */
  readonly startedAt: number;
  readonly config: ConfigStore;
  readonly limiter: Limiter;
  readonly attestations: AttestedUses;
  readonly forwarding: WorkerForwarding;
  /** True if a server belongs to this worker. */
  owns(server: string): boolean;
  /** Tells the others what happens to this worker's servers. @param heard is told what happens to any server. */
  events(heard: UpstreamEvents): UpstreamEvents;
  /** This worker's servers and those of the others. */
  upstreams(own: Upstreams): Upstreams;
  /** This worker's results and those of the others. */
  results(own: LocalResultStore): ResultStore;
  /** The knowledge of the other workers about resources that no list has. */
  readonly unlisted: AskOthers;
  /** Of all workers together. */
  servers(): Promise<readonly ServerReport[]>;
  spending(): Promise<readonly AgentSpending[]>;
  metrics(format: 'json' | 'prometheus', visible: VisibleNames | undefined): Promise<string>;
  /** True if no worker has recorded yet that a server offers this now. Never rejects. @param digest of what it offers */
  isNews(server: string, digest: string): Promise<boolean>;
  /** Resolves when no worker has a call left. */
  drained(): Promise<void>;
}
