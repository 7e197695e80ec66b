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
  /** The stream for messages that belong to no request; undefined while the client does not listen. */
  listener: EventStream | undefined;
  /** Told when the session ends. */
  ended: () => void;
}

interface Held extends Session {
  usedAt: number;
  /** Streams that its client keeps open, besides requests. */
  streaming: number;
}

interface SessionLimits {
  /** Milliseconds without a request after which a session ends. */
  readonly idleMs: number;
  /** Sessions at one time; a new one over it ends one of whoever has most. */
  readonly max: number;
  /** The beginning of ids. */
  readonly tag?: string;
  readonly now: () => number;
  /** The budget of the events of all sessions. */
  readonly budget?: ByteBudget;
}

export const SESSION_LIMITS: SessionLimits = { idleMs: 3_600_000, max: 10_000, now: () => performance.now() };

const crowdedOut = (): GatewayError =>
  new GatewayError('SESSION_ENDED', 'The session has ended: too many were opened. Send initialize to start a new one.');

export class Sessions {
  readonly #limits: SessionLimits;
  /** In order of last use: the first is the one that was idle longest. */
  readonly #sessions = new Map<string, Held>();
  /** Sessions of each owner that has any. */
  readonly #counts = new Map<string, number>();

  constructor(limits: SessionLimits = SESSION_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session. Where there are too many, it ends one of whoever has most. */
  open(connection: Connection, server: string | undefined, negotiated: Negotiated): Session {
    const { max, tag = '', budget, now } = this.#limits;
    this.#expire();
    if (this.#sessions.size >= max) this.#endOneOfMost();
    const id = tag + randomBytes(16).toString('hex');
    const { owner } = connection;
    const session: Held = {
      ...beginSession(id, negotiated),
      connection,
      credential: connection,
      server,
      inFlight: createInFlightRequests(),
      streams: createEventStreams(budget?.of(owner)),
      listener: undefined,
      ended: () => {},
      usedAt: now(),
      streaming: 0,
    };
    this.#sessions.set(id, session);
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
    return session;
  }

  /** @returns undefined for unknown, expired and other callers' sessions alike: they all get 404 */
  find(id: string, owner: string): Session | undefined {
    const session = this.#find(id, owner);
    if (session !== undefined) this.#touch(session);
    return session;
  }

  /** Ends a session. @returns false where the owner has none of that id */
  close(id: string, owner: string): boolean {
    const session = this.#find(id, owner);
    if (session === undefined) return false;
    this.#end(session);
    return true;
  }

  /** Its client keeps a stream open: that is use of it. @returns ends it */
  use({ id }: Session): () => void {
    const session = this.#sessions.get(id);
    if (session === undefined) return () => {};
    session.streaming++;
    return () => {
      session.streaming--;
      if (this.#sessions.has(id)) this.#touch(session);
    };
  }

  /** Ends the sessions of callers whose credential is over; their calls in flight are answered with that. */
  retain(keeps: (connection: Connection) => boolean): void {
    for (const session of this.#sessions.values()) {
      if (!keeps(session.credential)) this.#end(session, credentialOver());
    }
  }

  /** Credentials of all that are open. */
  *credentials(): Iterable<Connection> {
    for (const { credential } of this.#sessions.values()) yield credential;
  }

  /** Ends all; calls in flight are answered with the reason. */
  closeAll(reason: GatewayError): void {
    for (const session of this.#sessions.values()) this.#end(session, reason);
  }

  #find(id: string, owner: string): Held | undefined {
    this.#expire();
    const session = this.#sessions.get(id);
    return session?.connection.owner === owner ? session : undefined;
  }

  #touch(session: Held): void {
    session.usedAt = this.#limits.now();
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  /** Sessions with calls in flight, or an open stream, are in use, however long ago the last request came in. */
  #expire(): void {
    const limit = this.#limits.now() - this.#limits.idleMs;
    for (const session of this.#sessions.values()) {
      if (session.usedAt > limit) break;
      if (session.inFlight.size === 0 && session.streaming === 0) this.#end(session);
      // So that it is not looked at with every request.
      else this.#touch(session);
    }
  }

  /** Of whoever has most, the one that was idle longest: who opens too many loses their own, and nobody else's. */
  #endOneOfMost(): void {
    let most = 0;
    let owner: string | undefined;
    for (const [each, count] of this.#counts) {
      if (count <= most) continue;
      most = count;
      owner = each;
    }
    for (const session of this.#sessions.values()) {
      if (session.connection.owner !== owner) continue;
      this.#end(session, crowdedOut());
      return;
    }
  }

  #end(session: Held, reason?: GatewayError): void {
    this.#sessions.delete(session.id);
    const { owner } = session.connection;
    const left = (this.#counts.get(owner) ?? 1) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
    session.inFlight.abortAll(reason);
    endSession(session);
    session.ended();
    session.listener?.end();
    session.streams.forget();
  }
}
