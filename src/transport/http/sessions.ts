/** Sessions of the 2025 revisions over HTTP: each belongs to the principal that opened it (docs/identity.md). */
import { randomBytes } from 'node:crypto';
import { createInFlightRequests, type InFlightRequests } from '../../mcp/in-flight.ts';
import { beginSession, endSession, type Negotiated, type SessionState } from '../../mcp/session.ts';
import type { Connection } from '../../pipeline/caller.ts';
import type { ByteBudget } from '../../shared/byte-budget.ts';
import { GatewayError } from '../../shared/errors.ts';
import { credentialOver } from './credential-expiry.ts';
import { createEventStreams, type EventStream, type EventStreams } from './event-stream.ts';

export interface Session extends SessionState {
  readonly connection: Connection;
  /** The connection of the credential that is good for longest, of those that it was used with. */
  credential: Connection;
  /** The server that the session is for alone; undefined where the rules choose what it sees. */
  readonly server: string | undefined;
  readonly inFlight: InFlightRequests;
  readonly streams: EventStreams;
  /** Where what belongs to no request goes; undefined while the client does not listen. */
  listener: EventStream | undefined;
  /** Told when the session ends. */
  ended: () => void;
}

interface Held extends Session {
  usedAt: number;
  /** Streams that its client keeps open, besides requests. */
  streaming: number;
}

export interface Sessions {
  open(connection: Connection, server: string | undefined, negotiated: Negotiated): Session;
  /** Undefined for unknown, expired and other callers' sessions alike: they all get 404. */
  find(id: string, owner: string): Session | undefined;
  close(id: string, owner: string): boolean;
  /** Its client keeps a stream open: that is use of it. @returns ends it */
  use(session: Session): () => void;
  /** Ends the sessions of callers whose credential is over; their calls in flight are answered with that. */
  retain(keeps: (connection: Connection) => boolean): void;
  /** Credentials of all that are open. */
  credentials(): Iterable<Connection>;
  /** Calls in flight are answered with the reason. */
  closeAll(reason: GatewayError): void;
  readonly size: number;
}

export interface SessionLimits {
  /** Milliseconds without a request after which a session ends. */
  readonly idleMs: number;
  /** Sessions at one time; a new one over it ends one of whoever has most. */
  readonly max: number;
  /** What ids begin with. */
  readonly tag?: string;
  readonly now: () => number;
  /** What the events of all sessions count for. */
  readonly budget?: ByteBudget;
}

export const SESSION_LIMITS: SessionLimits = { idleMs: 3_600_000, max: 10_000, now: () => performance.now() };

const crowdedOut = (): GatewayError =>
  new GatewayError('SESSION_ENDED', 'The session has ended: too many were opened. Send initialize to start a new one.');

export function createSessions({ idleMs, max, tag = '', now, budget }: SessionLimits = SESSION_LIMITS): Sessions {
  /** In order of last use: the first is the one that was idle longest. */
  const held = new Map<string, Held>();
  /** Sessions of each owner that has any. */
  const counts = new Map<string, number>();

  const end = (session: Held, reason?: GatewayError): void => {
    held.delete(session.id);
    const { owner } = session.connection;
    const left = (counts.get(owner) ?? 1) - 1;
    if (left > 0) counts.set(owner, left);
    else counts.delete(owner);
    session.inFlight.abortAll(reason);
    endSession(session);
    session.ended();
    session.listener?.end();
    session.streams.forget();
  };

  /** Of whoever has most, the one that was idle longest: who opens too many loses their own, and nobody else's. */
  const endOneOfMost = (): void => {
    let most = 0;
    let owner: string | undefined;
    for (const [each, count] of counts) {
      if (count <= most) continue;
      most = count;
      owner = each;
    }
    for (const session of held.values()) {
      if (session.connection.owner !== owner) continue;
      end(session, crowdedOut());
      return;
    }
  };

  const touch = (session: Held): void => {
    session.usedAt = now();
    held.delete(session.id);
    held.set(session.id, session);
  };

  /** Sessions with calls in flight, or an open stream, are in use, however long ago the last request came in. */
  const expire = (): void => {
    const limit = now() - idleMs;
    for (const session of held.values()) {
      if (session.usedAt > limit) break;
      if (session.inFlight.size === 0 && session.streaming === 0) end(session);
      // So that it is not looked at with every request.
      else touch(session);
    }
  };

  const find = (id: string, owner: string): Held | undefined => {
    expire();
    const session = held.get(id);
    return session?.connection.owner === owner ? session : undefined;
  };

  return {
    open(connection, server, negotiated) {
      expire();
      if (held.size >= max) endOneOfMost();
      const id = tag + randomBytes(16).toString('hex');
      const session: Held = {
        ...beginSession(id, negotiated),
        connection,
        credential: connection,
        server,
        inFlight: createInFlightRequests(),
        streams: createEventStreams(budget?.of(connection.owner)),
        listener: undefined,
        ended: () => {},
        usedAt: now(),
        streaming: 0,
      };
      held.set(id, session);
      counts.set(connection.owner, (counts.get(connection.owner) ?? 0) + 1);
      return session;
    },
    find(id, owner) {
      const session = find(id, owner);
      if (session !== undefined) touch(session);
      return session;
    },
    close(id, owner) {
      const session = find(id, owner);
      if (session === undefined) return false;
      end(session);
      return true;
    },
    use({ id }) {
      const session = held.get(id);
      if (session === undefined) return () => {};
      session.streaming++;
      return () => {
        session.streaming--;
        if (held.has(id)) touch(session);
      };
    },
    retain(keeps) {
      for (const session of held.values()) {
        if (!keeps(session.credential)) end(session, credentialOver());
      }
    },
    *credentials() {
      for (const { credential } of held.values()) yield credential;
    },
    closeAll(reason) {
      for (const session of held.values()) end(session, reason);
    },
    get size() {
      return held.size;
    },
  };
}
