/** The state of each server of a configuration, for people and programs: status, `servers status`, `/ready?verbose`. */
import type { ServerDefinition, Snapshot } from '../../config/snapshot.ts';
import { figuresOf, type ServerCalls, type ServerFigures } from '../../observe/server-table.ts';
import type { ServerState, ServerStatus } from '../contract.ts';
import { sharingOf } from './sharing.ts';

/** Times in milliseconds. */
export interface ServerReport {
  readonly name: string;
  readonly state: ServerState;
  readonly transport?: string;
  readonly sharing?: string;
  readonly revision?: string;
  readonly version?: string;
  readonly instances?: number;
  readonly pids?: readonly number[];
  readonly starts?: number;
  readonly start_ms?: number;
  readonly handshake_ms?: number;
  readonly active?: number;
  readonly waiting?: number;
  readonly retry_in_ms?: number;
  readonly last_error?: string;
  /** Undefined where no call was made yet. */
  readonly figures?: ServerFigures;
}

/** @param sole whether only one principal can exist. */
export function reportServers(snapshot: Snapshot, status: readonly ServerStatus[], sole: boolean): ServerReport[] {
  const byKey = new Map(status.map((server) => [server.key, server]));
  const reports: ServerReport[] = [...snapshot.servers.values()].map((server) =>
    report(server, byKey.get(server.key), sole),
  );
  for (const { name, reason } of snapshot.broken.values()) {
    reports.push({ name, state: 'failed-config', last_error: reason });
  }
  return reports;
}

/** The reports with the figures of the calls to each server. */
export function withFigures(reports: readonly ServerReport[], calls: ReadonlyMap<string, ServerCalls>): ServerReport[] {
  return reports.map((report) => {
    const its = calls.get(report.name);
    return its === undefined ? report : { ...report, figures: figuresOf(its) };
  });
}

function report(server: ServerDefinition, status: ServerStatus | undefined, sole: boolean): ServerReport {
  const { name, link } = server;
  const { facts } = status ?? {};
  const basic = { name, transport: link.transport, sharing: sharingOf(server, facts?.era, sole) };
  if (status === undefined) return { ...basic, state: 'stopped', instances: 0 };
  const { state, instances, pids, starts, active, waiting, retryInMs, lastError, timing } = status;
  const version = [facts?.name, facts?.version].filter((part) => part !== undefined).join(' ');
  return {
    ...basic,
    state,
    ...(facts === undefined ? {} : { revision: facts.revision, version }),
    instances,
    pids,
    starts,
    ...(timing === undefined ? {} : { start_ms: timing.startMs, handshake_ms: timing.handshakeMs }),
    active,
    waiting,
    ...(retryInMs > 0 ? { retry_in_ms: retryInMs } : {}),
    ...(lastError === undefined ? {} : { last_error: lastError }),
  };
}
