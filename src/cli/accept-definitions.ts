/** Accepts what a server offers, for the command and for the web page: the same checks, the same lock, the same record. */
import { userInfo } from 'node:os';
import { openAudit } from '../audit/audit-log.ts';
import { compareWithLock } from '../catalog/lock/compare-with-lock.ts';
import { type KeptDefinitions, lockedFrom } from '../catalog/lock/kept-definitions.ts';
import { changedServers } from '../catalog/lock/lock-store.ts';
import { keyParts, type Lock, type LockedServer, withServer } from '../catalog/lock/lock-text.ts';
import { recordAcceptance } from '../catalog/record-change.ts';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { LockedServers } from './locked-servers.ts';

interface Acceptance {
  readonly server: string;
  /** Of tools, prompts and templates; none for everything. */
  readonly names: readonly string[];
  /** The id of what was looked at; undefined for whatever is there. */
  readonly state: string | undefined;
  /** The person who accepts, for the record. */
  readonly by: string;
}

/** The definitions that are locked now and were not, or not in this way. */
export interface Accepted {
  readonly results: readonly {
    readonly server: string;
    /** Kinds and names, as in the lock file. */
    readonly accepted: readonly string[];
    readonly removed: readonly string[];
  }[];
  /** The reason why it is not in the audit log. */
  readonly fault: unknown;
}

/** @throws GatewayError USAGE, SERVER_UNAVAILABLE, CANNOT_WRITE; DEFINITION_CHANGED where it is not what was looked at */
export async function acceptDefinitions(
  settings: Settings,
  servers: LockedServers,
  { server, names, state, by }: Acceptance,
): Promise<Accepted> {
  servers.require(server);
  const definition = servers.snapshot.servers.get(server);
  const kept = definition === undefined ? undefined : await servers.seen(definition);
  const seen = kept === undefined ? undefined : compareWithLock(servers.lock.get(server), kept);
  if (state !== undefined && state !== seen?.state) {
    const look = `look again: agent-mcp-gateway definitions diff ${server}`;
    throw new GatewayError('DEFINITION_CHANGED', `Server "${server}" offers something else by now; ${look}.`);
  }
  let before: Lock = servers.lock;
  let after: Lock = before;
  await servers.store.update((lock) => {
    before = lock;
    after = withServer(lock, server, kept && acceptedOf(lock.get(server) ?? new Map(), kept, names));
    return changedServers(before, after).length === 0 ? lock : after;
  });
  return recordAccepted(settings, { before, after, names: [server], by });
}

/** The lock of a server once these names are accepted. @throws GatewayError USAGE for a name that is not there */
function acceptedOf(locked: LockedServer, kept: KeptDefinitions, names: readonly string[]): LockedServer {
  const now = lockedFrom(kept);
  if (names.length === 0) return now;
  const next = new Map(locked);
  for (const name of names) {
    const keys = [...now.keys(), ...locked.keys()].filter((key) => keyParts(key).name === name && isNamed(key));
    if (keys.length === 0) throw new GatewayError('USAGE', `The server offers nothing called "${name}".`);
    for (const key of keys) {
      const value = now.get(key);
      if (value === undefined) next.delete(key);
      else next.set(key, value);
    }
  }
  // Whoever accepts something of a server accepts how it is launched where that was never looked at.
  if (locked.size === 0) for (const [key, value] of now) if (/^(?:launch|package) /.test(key)) next.set(key, value);
  return next;
}

function isNamed(key: string): boolean {
  return /^(?:tool|prompt|template) /.test(key);
}

interface Change {
  readonly before: Lock;
  readonly after: Lock;
  /** Of servers. */
  readonly names: readonly string[];
  readonly by: string;
}

/** Puts what was accepted into the audit log: a record for each server. */
export async function recordAccepted(settings: Settings, { before, after, names, by }: Change): Promise<Accepted> {
  const audit = openAudit({
    path: settings.auditLog,
    redact: String,
    secretsVersion: () => 0,
    onEvent: () => undefined,
  });
  let fault: unknown;
  const results = names.map((server) => {
    const [one, other] = [before.get(server), after.get(server)];
    const accepted = [...(other ?? [])].filter(([key, value]) => one?.get(key) !== value).map(([key]) => key);
    const removed = [...(one?.keys() ?? [])].filter((key) => other?.has(key) !== true);
    const failed = (error: unknown): void => {
      fault = error;
    };
    if (accepted.length + removed.length > 0) recordAcceptance(audit, failed, { server, by, accepted, removed });
    return { server, accepted, removed };
  });
  await audit.close();
  return { results, fault };
}

/** The name of this account. */
export function user(): string {
  try {
    return userInfo().username;
  } catch {
    return 'command';
  }
}
