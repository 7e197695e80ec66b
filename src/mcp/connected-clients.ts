/** Clients that have introduced themselves, for the owner: a session lasts until it is over, callers of 2026-07-28 for an hour. */
import type { Snapshot } from '../config/snapshot.ts';
import type { Connection } from '../pipeline/caller.ts';

/** The description that a client gives of itself. */
export interface ClientInfo {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

export interface ClientReport {
  readonly name?: string;
  readonly version?: string;
  readonly principal: string;
  /** Absent where each call says which agent it is from. */
  readonly agent?: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** A session in the list. */
export interface ClientIntroduction {
  /** Takes it out of the list. */
  over(): void;
}

interface Known {
  readonly connection: Connection;
  readonly info: ClientInfo;
  readonly since: string;
  sessions: number;
  /** Until when it counts without a session, by the monotonic clock. */
  until: number;
}

const HOUR_MS = 3_600_000;
const MAX_CLIENTS = 1000;
const MAX_LENGTH = 64;

export class ConnectedClients {
  readonly #known = new Map<string, Known>();

  /** A session of the 2025 revisions begins. */
  begin(connection: Connection, info: ClientInfo): ClientIntroduction {
    const known = this.#take(connection, info);
    known.sessions++;
    let isOver = false;
    return {
      over: () => {
        if (!isOver) known.sessions--;
        isOver = true;
      },
    };
  }

  /** A caller of 2026-07-28 asks what there is. */
  seen(connection: Connection, info: ClientInfo): void {
    this.#take(connection, info).until = performance.now() + HOUR_MS;
  }

  /** Those that are there, the oldest first. */
  list(snapshot: Snapshot): ClientReport[] {
    this.#forget();
    return [...this.#known.values()].map(({ connection, info, since }) => {
      const agent = agentOf(connection, snapshot);
      return {
        ...(info.name === undefined ? {} : { name: info.name.slice(0, MAX_LENGTH) }),
        ...(info.version === undefined ? {} : { version: info.version.slice(0, MAX_LENGTH) }),
        principal: connection.principal,
        ...(agent === undefined ? {} : { agent }),
        since,
      };
    });
  }

  #take(connection: Connection, info: ClientInfo): Known {
    this.#forget();
    const key = JSON.stringify([connection.owner, info.name?.slice(0, MAX_LENGTH), info.version?.slice(0, MAX_LENGTH)]);
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_CLIENTS && oldest !== undefined) this.#known.delete(oldest);
    const known: Known = { connection, info, since: new Date().toISOString(), sessions: 0, until: performance.now() };
    this.#known.set(key, known);
    return known;
  }

  #forget(): void {
    const now = performance.now();
    for (const [key, { sessions, until }] of this.#known) if (sessions <= 0 && until < now) this.#known.delete(key);
  }
}

/** The one agent that a connection may be; undefined where there are several, or none. */
function agentOf(connection: Connection, snapshot: Snapshot): string | undefined {
  try {
    const { agent, assurance } = connection.resolve(snapshot, undefined);
    return assurance === 'claim' ? undefined : agent;
  } catch {
    return undefined;
  }
}
