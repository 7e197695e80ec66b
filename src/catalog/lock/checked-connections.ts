/**
 * Connections to servers whose definitions are guarded: a call goes out when the connection lists, now, what its caller saw and somebody
 * accepted. What a server announced, or a session that was made anew, is looked at first.
 */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { waitFor } from '../../shared/wait-for.ts';
import type { DecidedDefinition, DefinitionKind, Reply, UpstreamEvents } from '../../upstream/contract.ts';
import { isAtOnce } from '../../upstream/failures.ts';
import type { Connect } from '../../upstream/pool/connect-server.ts';
import type { ManagedConnection } from '../../upstream/rpc/connection.ts';
import type { CallOptions } from '../../upstream/rpc/pending-requests.ts';
import { definitionChanged } from './decided-definition.ts';
import type { DefinitionGuard } from './definition-guard.ts';
import { DEFINITION_KINDS, type Definitions, definitionsOf, fetchDefinitions } from './fetch-definitions.ts';

/** Requests that carry what their caller saw. */
const CALLS: ReadonlyMap<string, DefinitionKind> = new Map([
  ['tools/call', 'tool'],
  ['prompts/get', 'prompt'],
]);
/** Milliseconds for which a list counts of which the server says nothing, and for which any does. */
const DEFAULT_TTL_MS = 300_000;
const MIN_TTL_MS = 5_000;
/** Lists in a row during which the server announced another change. */
const MAX_RESTLESS = 5;

type Guard = Pick<DefinitionGuard, 'check' | 'mayStart' | 'seen'>;

/** @param connect makes the connections. */
export function checkedConnect(connect: Connect, guard: Guard): Connect {
  return async (server, options) => {
    if (server.definitions === undefined) return connect(server, options);
    await guard.mayStart(server);
    const lists = new CurrentLists();
    const connection = await connect(server, { ...options, events: lists.following(options.events) });
    return new CheckedConnection(connection, server, guard, lists);
  };
}

interface KnownList {
  readonly definitions: Definitions;
  readonly generation: number;
  /** In milliseconds of `performance.now`. */
  readonly until: number;
}

/** The definitions that one connection lists, as far as they are known. */
class CurrentLists {
  readonly #known = new Map<DefinitionKind, KnownList>();
  readonly #fetching = new Map<DefinitionKind, Promise<void>>();
  readonly #generations = { tool: 0, prompt: 0, template: 0, skill: 0 };

  /** Events that are noted here before they are passed on. */
  following(events: Partial<UpstreamEvents>): Partial<UpstreamEvents> {
    return {
      ...events,
      connected: (server) => {
        for (const kind of DEFINITION_KINDS) this.#generations[kind]++;
        events.connected?.(server);
      },
      toolsChanged: (server) => {
        this.#generations.tool++;
        events.toolsChanged?.(server);
      },
      promptsChanged: (server) => {
        this.#generations.prompt++;
        events.promptsChanged?.(server);
      },
      resourcesChanged: (server) => {
        this.#generations.template++;
        this.#generations.skill++;
        events.resourcesChanged?.(server);
      },
    };
  }

  /** The current list; undefined where that has to be fetched. */
  current(kind: DefinitionKind): Definitions | undefined {
    const known = this.#known.get(kind);
    const isCurrent = known?.generation === this.#generations[kind] && performance.now() < known.until;
    return isCurrent ? known.definitions : undefined;
  }

  fetch(
    kind: DefinitionKind,
    list: () => Promise<{ definitions: Definitions; ttlMs: number | undefined }>,
  ): Promise<void> {
    const running = this.#fetching.get(kind);
    if (running !== undefined) return running;
    const generation = this.#generations[kind];
    const fetching = list()
      .then(({ definitions, ttlMs = DEFAULT_TTL_MS }) => {
        const until = performance.now() + Math.max(MIN_TTL_MS, ttlMs);
        this.#known.set(kind, { definitions, generation, until });
      })
      .finally(() => this.#fetching.delete(kind));
    this.#fetching.set(kind, fetching);
    return fetching;
  }
}

class CheckedConnection implements ManagedConnection {
  readonly #connection: ManagedConnection;
  readonly #server: ServerDefinition;
  readonly #guard: Guard;
  readonly #lists: CurrentLists;

  constructor(connection: ManagedConnection, server: ServerDefinition, guard: Guard, lists: CurrentLists) {
    this.#connection = connection;
    this.#server = server;
    this.#guard = guard;
    this.#lists = lists;
  }

  get facts() {
    return this.#connection.facts;
  }

  get closed() {
    return this.#connection.closed;
  }

  get heardAt() {
    return this.#connection.heardAt;
  }

  get isBusy() {
    return this.#connection.isBusy;
  }

  get timing() {
    return this.#connection.timing;
  }

  request(method: string, params: string, options: CallOptions): Promise<Reply> {
    const { definition } = options;
    if (definition !== undefined) return this.#requestChecked(method, params, options, definition);
    const kind = CALLS.get(method);
    if (kind === undefined) return this.#connection.request(method, params, options);
    return Promise.reject(definitionChanged(this.#server.name, kind, ''));
  }

  notify(method: string, params: string): void {
    this.#connection.notify(method, params);
  }

  subscribeResource(uri: string): Promise<Reply> {
    return this.#connection.subscribeResource(uri);
  }

  unsubscribeResource(uri: string): Promise<Reply> {
    return this.#connection.unsubscribeResource(uri);
  }

  watchTask(id: string): Promise<boolean> {
    return this.#connection.watchTask(id);
  }

  ping(timeoutMs: number): Promise<boolean> {
    return this.#connection.ping(timeoutMs);
  }

  end(reason: GatewayError): Promise<void> {
    return this.#connection.end(reason);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  kill(): void {
    this.#connection.kill();
  }

  async #requestChecked(
    method: string,
    params: string,
    options: CallOptions,
    definition: DecidedDefinition,
  ): Promise<Reply> {
    const until = performance.now() + options.timeoutMs;
    const { kind, name } = definition;
    for (let tries = 0; ; tries++) {
      const listed = this.#lists.current(kind);
      if (listed !== undefined) {
        // Nothing waits from here on until the request is on its way.
        this.#guard.check(this.#server, definition, listed.get(name)?.hash);
        const timeoutMs = Math.max(1, until - performance.now());
        const sent = this.#connection.request(method, params, { ...options, timeoutMs });
        const reply = await sent.catch((error: unknown) =>
          tries < MAX_RESTLESS && isAtOnce(error) ? undefined : Promise.reject(error),
        );
        if (reply !== undefined) return reply;
        continue;
      }
      if (tries === MAX_RESTLESS) throw this.#unavailable('announces changes faster than it can be listed.');
      const late = (): GatewayError =>
        new GatewayError('TIMEOUT', `Server "${this.#server.name}" did not list in time.`);
      await waitFor(
        this.#lists.fetch(kind, () => this.#list(kind)),
        until - performance.now(),
        options.signal,
        late,
      );
    }
  }

  async #list(kind: DefinitionKind): Promise<{ definitions: Definitions; ttlMs: number | undefined }> {
    const list = await fetchDefinitions(this.#server, this.#connection, kind);
    await this.#guard.seen(this.#server, kind, list);
    return { definitions: definitionsOf(list), ttlMs: list.ttlMs };
  }

  #unavailable(what: string): GatewayError {
    return new GatewayError('SERVER_UNAVAILABLE', `Server "${this.#server.name}" ${what} Try again in a moment.`);
  }
}
