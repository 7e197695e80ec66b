/** Who wants to hear of changes, and who of them may: lists that changed, resources that were updated. */
import type { ListKind } from '../catalog/catalog.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { Connection } from '../pipeline/caller.ts';
import { decideFor } from '../policy/ceiling.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ClientAnswer, ServerRequest, Whose } from '../upstream/contract.ts';
import { type ChangePacing, createChangePacing } from './change-pacing.ts';

/** A resource of a server, as the server names it. */
export interface Watched {
  readonly server: string;
  readonly uri: string;
}

/** The part of a session of the 2025 revisions that is there besides its requests. */
export interface StandingSession {
  readonly id: string;
  /** Client capabilities offered to servers of the 2025 revisions, as in `Tenant`. */
  readonly capabilities: string;
  said(method: string, params: string): void;
  /** @returns undefined where the client cannot be reached now */
  asked(request: ServerRequest): Promise<ClientAnswer> | undefined;
}

/** Resources that one of them may watch. */
export const MAX_WATCHED = 1_000;

/** A session, or a stream of `subscriptions/listen`. */
export interface Listener {
  readonly connection: Connection;
  view(): View;
  wants(kind: ListKind): boolean;
  listChanged(kind: ListKind): void;
  /** Resources that it subscribed to, by the URI that it used. */
  readonly watched: Map<string, Watched>;
  resourceUpdated(uri: string): void;
  /** The server was connected anew: it does not know of subscriptions made before. */
  renew(uri: string): void;
  /** Only sessions hear, and are asked, what belongs to no request. */
  readonly session?: StandingSession;
  /** No more will come; graceful where the protocol has a way to say so. */
  end(): void;
}

export interface Subscriptions {
  /** @returns ends it. */
  add(listener: Listener): () => void;
  /** The lists of a server may be other ones. Told once for what happens at about the same time. */
  listsChanged(server: string, kinds: readonly ListKind[]): void;
  resourceUpdated(server: string, uri: string): void;
  connected(server: string): void;
  /** Something that a server said besides any request, to those whom its connection serves. */
  said(server: string, whose: Whose, method: string, params: string): void;
  /** The answer of the one session whom the connection serves; undefined where there is none, or more than one. */
  asked(server: string, whose: Whose, request: ServerRequest): Promise<ClientAnswer> | undefined;
  /** The rules are other ones: everybody may see other lists, and some may watch no longer what they do. */
  reloaded(): void;
  /** Ends all listeners. */
  end(): void;
}

/** Milliseconds in which changes are gathered: servers that start together are one change. */
const GATHER_MS = 100;
const ALL: readonly ListKind[] = ['tools', 'prompts', 'resources'];

export function createSubscriptions(snapshot: () => Snapshot): Subscriptions {
  const listeners = new Set<Listener>();
  /** Servers whose lists changed; `undefined` for the rules, which concern everybody. */
  const changed = new Map<ListKind, Set<string | undefined>>();
  let timer: NodeJS.Timeout | undefined;
  /** By kind and server. */
  const paces = new Map<string, ChangePacing>();
  const waiting = new Set<string>();

  const may = ({ connection, view }: Listener, server: string, uri?: string): boolean => {
    const seen = view();
    if (seen.mode === 'single' && seen.server !== server) return false;
    try {
      const now = snapshot();
      return decideFor(now.policy, connection.resolve(now, undefined), server, uri, 'resource').allowed;
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  };

  const tell = (): void => {
    timer = undefined;
    for (const listener of listeners) {
      for (const [kind, servers] of changed) {
        // The gateway's own tools are always the same.
        if (!listener.wants(kind) || (kind === 'tools' && listener.view().mode === 'discovery')) continue;
        if ([...servers].some((server) => server === undefined || may(listener, server))) listener.listChanged(kind);
      }
    }
    changed.clear();
  };

  const gather = (server: string | undefined, kinds: readonly ListKind[]): void => {
    if (listeners.size === 0 || kinds.length === 0) return;
    for (const kind of kinds) changed.set(kind, (changed.get(kind) ?? new Set()).add(server));
    if (timer === undefined) timer = setTimeout(tell, GATHER_MS).unref();
  };

  /** A server that announces changes all the time is told of in its pace; the last one is always told. */
  const announce = (server: string, kind: ListKind): void => {
    const key = `${kind} ${server}`;
    const pace = paces.get(key) ?? createChangePacing();
    paces.set(key, pace);
    if (waiting.has(key)) return;
    const wait = pace.waitMs();
    if (wait === 0) {
      gather(server, [kind]);
      return;
    }
    waiting.add(key);
    setTimeout(() => {
      waiting.delete(key);
      announce(server, kind);
    }, wait).unref();
  };

  const watchersOf = function* (server: string): Generator<readonly [Listener, string, Watched]> {
    for (const listener of listeners) {
      for (const [asked, watched] of listener.watched) if (watched.server === server) yield [listener, asked, watched];
    }
  };

  const sessionsOf = function* (server: string, whose: Whose): Generator<StandingSession> {
    for (const listener of listeners) {
      const { connection, session } = listener;
      if (session === undefined || connection.owner !== whose.principal) continue;
      if (session.capabilities !== whose.capabilities || (whose.session ?? session.id) !== session.id) continue;
      if (may(listener, server)) yield session;
    }
  };

  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    listsChanged(server, kinds) {
      for (const kind of kinds) announce(server, kind);
    },
    resourceUpdated(server, uri) {
      for (const [listener, asked, watched] of watchersOf(server)) {
        if (watched.uri === uri && may(listener, server, uri)) listener.resourceUpdated(asked);
      }
    },
    connected(server) {
      for (const [listener, asked] of watchersOf(server)) listener.renew(asked);
    },
    said(server, whose, method, params) {
      for (const session of sessionsOf(server, whose)) session.said(method, params);
    },
    asked(server, whose, request) {
      const [only, ...others] = sessionsOf(server, whose);
      return others.length > 0 ? undefined : only?.asked(request);
    },
    reloaded() {
      gather(undefined, ALL);
      for (const listener of listeners) {
        for (const [asked, { server, uri }] of listener.watched) {
          if (!may(listener, server, uri)) listener.watched.delete(asked);
        }
      }
    },
    end() {
      for (const listener of listeners) listener.end();
      listeners.clear();
    },
  };
}
