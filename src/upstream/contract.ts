import type { ServerDefinition } from '../config/snapshot.ts';
import type { CallTimes } from '../observe/call-times.ts';
import type { ConnectionSpans, TraceParent } from '../observe/tracing.ts';
import type { Era } from '../protocol/revisions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { StderrTail } from './process/stderr-tail.ts';

/** The part of a logger that this layer needs; the logger of `src/observe` fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A server's reply: the opaque text of its result, or its JSON-RPC error. */
export type Reply =
  | { readonly ok: true; readonly result: ResultText }
  | {
      readonly ok: false;
      readonly code: number;
      readonly message: string;
      /** JSON text. */
      readonly data?: string;
    };

/** The text of a `result` object, hop-by-hop fields (src/protocol/revisions.ts) already taken out. */
export interface ResultText {
  /** A JSON object, `{` to `}`. */
  readonly text: string;
  /** The same without the braces, where it is at hand. */
  readonly members?: string | undefined;
  /** Offset in `text` after the `{` of its `_meta` object, where the next hop writes its own fields; -1 without `_meta`. */
  readonly metaAt: number;
  /** `resultType` as the server wrote it; `complete` where it wrote none. */
  readonly resultType: string;
  /** True where the result says of itself that the call failed. */
  readonly isError: boolean;
  /** Caching hints (2026-07-28), undefined where the server gave none. */
  readonly ttlMs: number | undefined;
  readonly cacheScope?: 'public' | 'private' | undefined;
}

/** For whom a connection is leased: what sharing (docs/servers.md) tells apart. */
export interface Tenant {
  /** Key of the caller (`Connection.owner`): differs where they must not reach each other's state. */
  readonly owner: string;
  readonly agent: string;
  /** Id of a session of the 2025 revisions, `stdio` for the stdio connection; undefined for callers of 2026-07-28. */
  readonly session: string | undefined;
  /** True where only one principal can exist (stdio). */
  readonly sole: boolean;
  /** Client capabilities to offer to a server of the 2025 revisions: canonical JSON text, `{}` for none. */
  readonly capabilities: string;
  /** The same for a server of 2026-07-28, which is told with every request. */
  readonly requestCapabilities: string;
}

/** The callers that a connection serves alone: those with these capabilities of one principal, or one session of it. */
export interface Whose {
  readonly owner: string;
  /** Undefined for every session of the principal. */
  readonly session: string | undefined;
  /** As in `Tenant`. */
  readonly capabilities: string;
}

export interface LeaseOptions {
  /** Milliseconds this caller waits for a connection. */
  readonly timeoutMs: number;
  readonly signal?: CancelSignal | undefined;
  /** Without one, any connection of the server will do, and one that nobody owns is made where there is none. */
  readonly tenant?: Tenant | undefined;
  /** True where only definitions are asked for: any connection of the server will do. */
  readonly listing?: boolean | undefined;
}

/** A request that a server of the 2025 revisions makes of its client. */
export interface ServerRequest {
  readonly method: string;
  /** Inner text of the params (members, no braces), without hop-by-hop fields of its `_meta`. */
  readonly params: string;
  /** Aborted when the server takes the request back. */
  readonly withdrawn: CancelSignal;
}

/** The client's answer; `result` and `data` are JSON text. */
export type ClientAnswer =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly code: number; readonly message: string; readonly data?: string };

/** Kinds that a lock tells apart by name (docs/definitions.md). */
export type DefinitionKind = 'tool' | 'prompt' | 'template' | 'skill';

/** The definition that was there when a call was decided. */
export interface DecidedDefinition {
  readonly kind: DefinitionKind;
  /** As its server calls it; of a template the URI template, of a skill its URI. */
  readonly name: string;
  readonly digest: string;
}

export interface RequestOptions {
  /** Milliseconds until TIMEOUT; progress starts it again, up to ten minutes in all. */
  readonly timeoutMs: number;
  readonly signal?: CancelSignal | undefined;
  /** Asks the server for progress; called with the inner text of the params, without `progressToken` and braces. */
  readonly onProgress?: ((params: string) => void) | undefined;
  /** Inner text (members, no braces) of the caller's `_meta`, hop-by-hop keys already taken out. */
  readonly meta?: string | undefined;
  /** The trace that the request is a part of; where there is one, `meta` says nothing of that. */
  readonly trace?: TraceParent | undefined;
  /** Headers of this request alone (`Mcp-Name` and `Mcp-Param-*`); links without headers ignore them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Answers a request that the server makes while it works on this one (sampling, elicitation, roots); the time-out stands
   * still meanwhile. Without it the server is told that there is no such method. Only where it is certain whose call the
   * request belongs to: on the stream of its own POST, or on a connection that is not shared.
   */
  readonly onRequest?: ((request: ServerRequest) => Promise<ClientAnswer>) | undefined;
  /** Told of notifications that belong to this request, such as `notifications/message`; `params` as in `ServerRequest`. */
  readonly onNotification?: ((method: string, params: string) => void) | undefined;
  /** The definition that the caller saw: goes with calls of servers whose definitions are guarded, and only to a connection that lists the same. */
  readonly definition?: DecidedDefinition | undefined;
  /** Gets what the request waited and what its server took, however it ends. */
  readonly times?: CallTimes | undefined;
  /** The task whose result is asked for: what the server asks about it belongs to this request, whichever others are open. */
  readonly task?: string | undefined;
  /** Client capabilities for `_meta` of a modern server: JSON text; default those of the tenant. */
  readonly clientCapabilities?: string | undefined;
}

/** A connected server's description of itself. */
export interface ServerFacts {
  readonly era: Era;
  readonly revision: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** All that it says of itself, name and version included. */
  readonly info: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
  /** The `capabilities` object. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** All of that as the text of the answer to `initialize` or `server/discover`, hop-by-hop fields taken out. */
  readonly text: string;
}

/** Spans of the requests over a connection to a server that is being opened. */
export type SpansOf = (server: ServerDefinition) => ConnectionSpans;

/** One live, initialised connection to one server. */
export interface UpstreamConnection {
  readonly facts: ServerFacts;
  /**
   * Sends a request and waits for its reply.
   * @param method MCP method, e.g. `tools/call`.
   * @param params inner text of the params object (members, no braces, without `_meta`), `''` for none.
   * @throws GatewayError TIMEOUT (cancellation was sent), SERVER_UNAVAILABLE (the connection broke; the message has the last
   *   lines of stderr), or the signal's reason when aborted.
   */
  request(method: string, params: string, options: RequestOptions): Promise<Reply>;
  /** Asks for `resourceUpdated` events about a resource; what is asked for twice is ended by the second end. */
  subscribeResource(uri: string): Promise<Reply>;
  unsubscribeResource(uri: string): Promise<Reply>;
  /** Asks for `taskChanged` events about a task of a modern server. @returns whether the server agreed */
  watchTask(id: string): Promise<boolean>;
  /** True once no further request can be sent. */
  readonly closed: boolean;
  close(): Promise<void>;
}

/** Events of a server that do not answer a request. */
export interface UpstreamEvents {
  /** A connection is up (again): cached definitions may be stale. */
  connected(server: ServerDefinition): void;
  /** One of its connections is over. */
  disconnected(server: ServerDefinition): void;
  /** The server said `notifications/tools/list_changed`. */
  toolsChanged(server: ServerDefinition): void;
  promptsChanged(server: ServerDefinition): void;
  resourcesChanged(server: ServerDefinition): void;
  /** A resource changed to which somebody subscribed. */
  resourceUpdated(server: ServerDefinition, uri: string): void;
  /** A task may be in another state, by its id there: whoever has it has to ask. */
  taskChanged(server: ServerDefinition, id: string): void;
  /** Something that belongs to no request, on a connection that serves somebody alone; `params` as in `ServerRequest`. */
  said(server: ServerDefinition, whose: Whose, method: string, params: string): void;
  /** A question that belongs to no request, likewise. @returns undefined where there is nobody to ask */
  asked(server: ServerDefinition, whose: Whose, request: ServerRequest): Promise<ClientAnswer> | undefined;
}

/**
 * `degraded`: connected, but does not answer in time. `backing-off`: its last starts failed; it is started again at a call.
 * `failed-config`: what its entry names cannot be started. `auth-required`: it wants a sign-in.
 */
export type ServerState =
  | 'stopped'
  | 'starting'
  | 'ready'
  | 'degraded'
  | 'backing-off'
  | 'failed-config'
  | 'auth-required';

/** Milliseconds that the newest connection took: to the first message, and from there to the end of the handshake. */
export interface Timing {
  readonly startMs: number;
  readonly handshakeMs: number;
}

export interface ServerStatus {
  readonly name: string;
  /** Key of its definition. */
  readonly key: string;
  readonly timing: Timing | undefined;
  readonly state: ServerState;
  readonly facts: ServerFacts | undefined;
  /** Connections, live or in the making. */
  readonly instances: number;
  /** Processes of live connections. */
  readonly pids: readonly number[];
  /** Processes started so far. */
  readonly starts: number;
  /** Calls in work, and calls that wait for their turn. */
  readonly active: number;
  readonly waiting: number;
  /** Milliseconds until it may be started again; 0 for now. */
  readonly retryInMs: number;
  readonly lastError: string | undefined;
}

/** A server's output on stderr. */
export type ServerOutput = Pick<StderrTail, 'text' | 'follow'>;

export type ControlVerb = 'restart' | 'stop' | 'warm';

/** True where it was done, false where there was nothing to do it to, a sentence where it failed. */
export type ControlAnswer = boolean | string;

/** All connections to upstream servers. */
export interface Upstreams {
  /**
   * The live connection of a server for this tenant, made when there is none. Answers at once where there is one.
   * @throws GatewayError SERVER_UNAVAILABLE when it cannot be reached; AUTH_REQUIRED where somebody has to sign in first;
   *   RATE_LIMITED when all its connections are in use;
   *   TIMEOUT when `timeoutMs` is over first.
   */
  lease(server: ServerDefinition, options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection;
  /**
   * Sends a notification of a client to its connection, where there is one and its revision has notifications of clients.
   * @param params inner text of the params
   */
  notify(server: ServerDefinition, tenant: Tenant, method: string, params: string): void;
  /** Keeps what is in `servers`, lets the rest finish its running calls and closes it. */
  retain(servers: ReadonlyMap<string, ServerDefinition>): void;
  /** The capabilities of callers, as far as is known: a connection that nobody owns yet offers it. JSON text as in `Tenant`. */
  expect(capabilities: string): void;
  /**
   * Starts every server of the map in the background (eager strategy); failures are logged.
   * @param graceMs milliseconds to wait for `expect` before that, so that no server is started with other capabilities than
   *   the first caller has.
   */
  warm(servers: ReadonlyMap<string, ServerDefinition>, graceMs?: number): void;
  /** For status: what is connected now. */
  status(): readonly ServerStatus[];
  /**
   * Does something to one server on behalf of the owner; false where no server of this name was used yet.
   * `stop`: the next call starts it again. `warm`: connects it where it is not. `restart` gives why it failed, as a sentence,
   * where that is known within some seconds.
   */
  control(name: string, what: ControlVerb): ControlAnswer | Promise<ControlAnswer>;
  /** The output of a server's processes on stderr; undefined where no server of this name was used yet. */
  output(name: string): ServerOutput | undefined;
  /** Stops everything: stdin closed, 2 s, SIGTERM to the tree, 2 s, SIGKILL; all servers in parallel. */
  close(): Promise<void>;
  /** Kills the process groups of all servers without waiting: for the way out after a second signal. */
  kill(): void;
}

/** Servers that end when they are probed, as earlier gateways found out. */
export interface StrictServers {
  /** @param key of the entry */
  has(key: string): Promise<boolean>;
  /** Resolves when it is written down, or cannot be. */
  note(key: string, isStrict: boolean): Promise<void>;
}
