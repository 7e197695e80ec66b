import type { Assurance, Snapshot } from '../config/snapshot.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { RequestSpan } from '../observe/tracing.ts';
import type { CacheHints, ResultBody } from '../protocol/era-codec.ts';
import type { ScannedObject } from '../protocol/members.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import type { CancelSignal } from '../shared/cancel.ts';

/** The agent of a call, once identity has decided. */
export interface Caller {
  readonly principal: string;
  readonly agent: string;
  /** An agent whose rules bound this one's; undefined for none. */
  readonly ceiling: string | undefined;
  /** True where nobody named the agent. */
  readonly isFallback?: boolean | undefined;
  readonly assurance: Assurance;
}

/** The connection a call came over. Made by transport and identity; the pipeline only asks it who calls. */
export interface Connection {
  /** Its name for the audit, also where no agent could be resolved; never a key. */
  readonly principal: string;
  /** The bearer, where one principal stands for many: the subject of a JWT. */
  readonly subject: string | undefined;
  /** The key: differs between callers that must not reach each other's sessions, credentials or answers. */
  readonly owner: string;
  /** True if the configuration still knows who this is. */
  isKnown(snapshot: Snapshot): boolean;
  /** True if calls over it may be of this agent of the rules, now or after a hook said so. */
  mayBe(snapshot: Snapshot, agent: string): boolean;
  /** Milliseconds since 1970 at which its credential ends; infinite for one that does not end by itself. */
  expiresAt(snapshot: Snapshot): number;
  /** The names of the configuration that it may be told; undefined for all, which operators may know. */
  sees(snapshot: Snapshot): VisibleNames | undefined;
  /** The connection for one call, as a hook attested it under that id; absent where nothing can be attested. */
  readonly attest?: (toolUseId: string) => Connection | Promise<Connection>;
  /**
   * The agent of a call, under one snapshot.
   * @param nameAgent what a caller does that has none, for the error.
   * @throws GatewayError INVALID_AGENT_ID, FALLBACK_AGENT_NOT_IN_RULES or NO_FALLBACK_CONFIGURED.
   */
  resolve(snapshot: Snapshot, claimed: string | undefined, nameAgent?: string): Caller;
}

/** A `run_code` whose program makes a call. */
export interface ParentCall {
  readonly requestId: string;
  /** SHA-256 of the program, in hex. */
  readonly program: string;
  /** Takes the labels that its calls touch. */
  readonly touched: Set<string>;
}

/** One request as a transport hands it in. */
export interface Inbound {
  readonly connection: Connection;
  /** The text that the spans of `params` point into. */
  readonly text: string;
  readonly params: ScannedObject | undefined;
  /** Aborted when the caller cancels or is gone. */
  readonly signal: CancelSignal;
  /** Present where the caller asked for progress; takes the inner text of the params, without `progressToken`. */
  readonly onProgress: ((params: string) => void) | undefined;
  /** Tells the caller, as progress, that the call waits for something else than its server, in a sentence; undefined for no longer. */
  readonly onWait?: ((message: string | undefined) => void) | undefined;
  /** The other end: what can be asked of the caller and told to it meanwhile. */
  readonly client: CallingClient;
  /** The call that it is a part of, where a program of an agent makes it. */
  readonly parent?: ParentCall | undefined;
  /** Its span, where somebody asked for spans. */
  readonly span?: RequestSpan | undefined;
}

/** The answer to a caller: a result, or an error of the protocol. */
export type CallOutcome =
  | { readonly kind: 'result'; readonly body: ResultBody; readonly cache?: CacheHints }
  | {
      readonly kind: 'error';
      readonly code: number;
      readonly message: string;
      /** JSON text. */
      readonly data?: string;
    };
