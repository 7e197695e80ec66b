import type { ServerDefinition } from '../config/types.ts';

/** The part of a logger that this layer needs; the logger of `src/observe` fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a server answered: the opaque text of its result, or its JSON-RPC error. */
export type Reply =
  | { readonly ok: true; readonly result: ResultText }
  | { readonly ok: false; readonly code: number; readonly message: string /** JSON text */; readonly data?: string };

/** The text of a `result` object, hop-by-hop fields (behaviour section 4, `execute_tool`) already taken out. */
export interface ResultText {
  /** A JSON object, `{` to `}`. */
  readonly text: string;
  /** Offset in `text` after the `{` of its `_meta` object, where the next hop writes its own fields; -1 without `_meta`. */
  readonly metaAt: number;
  /** `resultType` as the server wrote it; `complete` where it wrote none. */
  readonly resultType: string;
  /** Caching hints (2026-07-28), undefined where the server gave none. */
  readonly ttlMs: number | undefined;
}

export interface RequestOptions {
  /** Milliseconds until TIMEOUT; progress starts it again, up to `maxTotalMs` in all. */
  readonly timeoutMs: number;
  /** Milliseconds; default ten minutes. */
  readonly maxTotalMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Asks the server for progress; called with the inner text of the params, without `progressToken` and braces. */
  readonly onProgress?: ((params: string) => void) | undefined;
  /** Inner text (members, no braces) of the caller's `_meta`, hop-by-hop keys already taken out. */
  readonly meta?: string | undefined;
  /** Headers of this request alone (`Mcp-Name` and `Mcp-Param-*`); links without headers ignore them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a connected server said about itself. */
export interface ServerFacts {
  readonly era: 'legacy' | 'modern';
  readonly revision: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly instructions: string | undefined;
  /** The `capabilities` object. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** One live, initialised connection to one server. */
export interface Link {
  readonly facts: ServerFacts;
  /**
   * Sends a request and waits for its reply.
   * @param method MCP method, e.g. `tools/call`.
   * @param params inner text of the params object (members, no braces, without `_meta`), `''` for none.
   * @throws GatewayError TIMEOUT (cancellation was sent), SERVER_UNAVAILABLE (the connection broke; the message has the last
   *   lines of stderr), or the signal's reason when aborted.
   */
  request(method: string, params: string, options: RequestOptions): Promise<Reply>;
  /** True once no further request can be sent. */
  readonly closed: boolean;
  close(): Promise<void>;
}

/** Events of a server that do not answer a request. */
export interface DownstreamEvents {
  /** A connection is up (again): cached definitions may be stale. */
  connected(server: ServerDefinition, facts: ServerFacts): void;
  /** The server said `notifications/tools/list_changed`. */
  toolsChanged(server: ServerDefinition): void;
}

/** All connections to downstream servers. */
export interface Downstream {
  /**
   * The live connection of a server, made when there is none.
   * @throws GatewayError SERVER_UNAVAILABLE when it cannot be reached; TIMEOUT when `timeoutMs` is over first.
   */
  lease(server: ServerDefinition, options: { timeoutMs: number; signal?: AbortSignal | undefined }): Promise<Link>;
  /** Keeps what is in `servers`, lets the rest finish its running calls and closes it. */
  retain(servers: ReadonlyMap<string, ServerDefinition>): void;
  /** Starts every server of the map in the background (eager strategy); failures are logged. */
  warm(servers: ReadonlyMap<string, ServerDefinition>): void;
  /** For status: what is connected now. */
  status(): readonly {
    name: string;
    state: 'stopped' | 'starting' | 'ready' | 'failed';
    facts: ServerFacts | undefined;
  }[];
  /** Stops everything: stdin closed, 2 s, SIGTERM to the tree, 2 s, SIGKILL; all servers in parallel. */
  close(): Promise<void>;
  /** Kills the process groups of all servers without waiting: for the way out after a second signal. */
  kill(): void;
}
