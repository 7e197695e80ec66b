/** What is different in a gateway that is one of several workers: what exists once is somewhere else (src/cluster). */
import type { ConfigStore } from '../config/store.ts';
import type { ServerReport } from '../downstream/report.ts';
import type { Downstream, DownstreamEvents } from '../downstream/types.ts';
import type { AttestedUses } from '../identity/attestations.ts';
import type { Sight } from '../observe/sight.ts';
import type { Limiter } from '../pipeline/limits.ts';
import type { LocalResultStore, ResultStore } from '../tools/results/store.ts';
import type { AgentSpending } from '../tools/spending.ts';
import type { Elsewhere } from './http/elsewhere.ts';

export interface Seat {
  readonly number: number;
  /** What begins the names of what only this worker has: sessions, calls that wait, tasks, results. */
  readonly tag: string;
  /** Its part of limits that each worker counts for itself, from 0 to 1. */
  readonly share: number;
  /** When the gateway started, in milliseconds since the machine did. */
  readonly startedAt: number;
  readonly config: ConfigStore;
  readonly limiter: Limiter;
  readonly attestations: AttestedUses;
  readonly elsewhere: Elsewhere;
  /** Whether a server belongs to this worker. */
  owns(server: string): boolean;
  /** Tells the others what happens to this worker's servers. @param heard is told what happens to any server. */
  events(heard: DownstreamEvents): DownstreamEvents;
  /** This worker's servers and those of the others. */
  downstream(own: Downstream): Downstream;
  /** This worker's results and those of the others. */
  results(own: LocalResultStore): ResultStore;
  /** Of all workers together. */
  servers(): Promise<readonly ServerReport[]>;
  spending(): Promise<readonly AgentSpending[]>;
  metrics(format: 'json' | 'prometheus', sight: Sight | undefined): Promise<string>;
  /** Whether no worker has recorded yet that a server offers this now. Never rejects. @param digest of what it offers */
  isNews(server: string, digest: string): Promise<boolean>;
  /** Resolves when no worker has a call left. */
  drained(): Promise<void>;
}
