/** Subscriptions to changes, and which of them are permitted: lists that changed, resources that were updated. */
import type { ListKind } from '../catalog/server-lists.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { ToolChoice } from '../operations/gateway-tools/executor-choice.ts';
import type { View } from '../operations/server-methods/view.ts';
import type { Connection } from '../pipeline/caller.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ClientAnswer, ServerRequest, Whose } from '../upstream/contract.ts';
import { type ChangePacing, createChangePacing } from './change-pacing.ts';
import { ownToolsFor } from './select-view.ts';

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
  /** A task of a server may be in another state, by its id there; left out where nobody hears of tasks. */
  taskChanged?(server: string, id: string): void;
  /** The same for a server that was connected anew. */
  renewTasks?(server: string): void;
  /** Only sessions hear, and are asked, what belongs to no request. */
  readonly session?: StandingSession;
  /** No more will come; graceful where the protocol has a way to say so. */
  end(): void;
}

/** Milliseconds in which changes are gathered: servers that start together are one change. */
const GATHER_MS = 100;
const ALL_KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources'];

export class Subscriptions {
  readonly #snapshot: () => Snapshot;
  readonly #listeners = new Set<Listener>();
  readonly #shown = new WeakMap<Listener, ToolChoice | undefined>();
  /** Servers whose lists changed; `undefined` for the rules, which concern everybody. */
  readonly #changed = new Map<ListKind, Set<string | undefined>>();
  #timer: NodeJS.Timeout | undefined;
  /** By kind and server. */
  readonly #pacings = new Map<string, ChangePacing>();
  /** Kinds and servers whose next change is told later. */
  readonly #postponed = new Set<string>();

  constructor(snapshot: () => Snapshot) {
    this.#snapshot = snapshot;
  }

  /** @returns ends it. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#shown.set(listener, this.#toolsOf(listener));
    return () => void this.#listeners.delete(listener);
  }

  /** The lists of a server may be other ones. Told once for what happens at about the same time. */
  listsChanged(server: string, kinds: readonly ListKind[]): void {
    for (const kind of kinds) this.#announce(server, kind);
    if (!kinds.includes('tools')) return;
    for (const { name, servers } of this.#snapshot().virtual?.values() ?? [])
      if (servers.includes(server)) this.#announce(name, 'tools');
  }

  resourceUpdated(server: string, uri: string): void {
    for (const [listener, asked, watched] of this.#watchersOf(server)) {
      if (watched.uri === uri && this.#isAllowed(listener, server, uri)) listener.resourceUpdated(asked);
    }
  }

  connected(server: string): void {
    for (const [listener, asked] of this.#watchersOf(server)) listener.renew(asked);
    for (const listener of this.#listeners) listener.renewTasks?.(server);
  }

  /** Whoever has the task asks for its state, under the rules. */
  taskChanged(server: string, id: string): void {
    for (const listener of this.#listeners) listener.taskChanged?.(server, id);
  }

  /** Something that a server said besides any request, to those whom its connection serves. */
  said(server: string, whose: Whose, method: string, params: string): void {
    for (const session of this.#sessionsOf(server, whose)) session.said(method, params);
  }

  /** @returns the answer of the one session whom the connection serves; undefined where there is none, or more than one */
  asked(server: string, whose: Whose, request: ServerRequest): Promise<ClientAnswer> | undefined {
    const [only, ...others] = this.#sessionsOf(server, whose);
    return others.length > 0 ? undefined : only?.asked(request);
  }

  /** The rules are other ones: everybody may see other lists, and some may watch no longer what they do. */
  reloaded(): void {
    this.#gather(undefined, ALL_KINDS);
    for (const listener of this.#listeners) {
      for (const [asked, { server, uri }] of listener.watched) {
        if (!this.#isAllowed(listener, server, uri)) listener.watched.delete(asked);
      }
    }
  }

  /** Ends all listeners. */
  end(): void {
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  #isAllowed({ connection, view }: Listener, server: string, uri?: string): boolean {
    const current = view();
    if (current.mode === 'single' && current.server !== server) return false;
    try {
      const snapshot = this.#snapshot();
      const caller = connection.resolve(snapshot, undefined);
      return decideUnderCeiling(snapshot.policy, caller, server, uri, 'resource').allowed;
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  }

  /** A server that announces changes all the time is told of in its pace; the last one is always told. */
  #announce(server: string, kind: ListKind): void {
    const key = `${kind} ${server}`;
    const pacing = this.#pacings.get(key) ?? createChangePacing();
    this.#pacings.set(key, pacing);
    if (this.#postponed.has(key)) return;
    const waitMs = pacing.waitMs();
    if (waitMs === 0) {
      this.#gather(server, [kind]);
      return;
    }
    this.#postponed.add(key);
    setTimeout(() => {
      this.#postponed.delete(key);
      this.#announce(server, kind);
    }, waitMs).unref();
  }

  #gather(server: string | undefined, kinds: readonly ListKind[]): void {
    if (this.#listeners.size === 0 || kinds.length === 0) return;
    for (const kind of kinds) this.#changed.set(kind, (this.#changed.get(kind) ?? new Set()).add(server));
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    for (const listener of this.#listeners) {
      for (const [kind, servers] of this.#changed) {
        if (kind === 'tools' && !this.#mayBeOthers(listener)) continue;
        if (!listener.wants(kind)) continue;
        const concerns = (server: string | undefined): boolean =>
          server === undefined || this.#isAllowed(listener, server);
        if ([...servers].some(concerns)) listener.listChanged(kind);
      }
    }
    this.#changed.clear();
  }

  /** The gateway's own tools are the same until the rules show others. */
  #mayBeOthers(listener: Listener): boolean {
    const shown = this.#toolsOf(listener);
    const isOther = shown !== this.#shown.get(listener);
    this.#shown.set(listener, shown);
    return isOther || shown === undefined;
  }

  /** The gateway's own tools that it is shown; undefined for those of servers. */
  #toolsOf({ connection, view }: Listener): ToolChoice | undefined {
    return view().mode === 'discovery' ? ownToolsFor(connection, this.#snapshot()) : undefined;
  }

  *#watchersOf(server: string): Generator<readonly [Listener, string, Watched]> {
    for (const listener of this.#listeners) {
      for (const [asked, watched] of listener.watched) if (watched.server === server) yield [listener, asked, watched];
    }
  }

  *#sessionsOf(server: string, whose: Whose): Generator<StandingSession> {
    for (const listener of this.#listeners) {
      const { connection, session } = listener;
      if (session === undefined || connection.owner !== whose.owner) continue;
      if (session.capabilities !== whose.capabilities || (whose.session ?? session.id) !== session.id) continue;
      if (this.#isAllowed(listener, server)) yield session;
    }
  }
}
