import type { TenantCatalog } from '../catalog/tenant-catalog.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { Assurance, ServerDefinition, Snapshot } from '../config/snapshot.ts';
import type { Bounded } from '../policy/ceiling.ts';
import type { Executor } from '../policy/executors.ts';
import type { Decision, OfferKind } from '../policy/rules-data.ts';
import type { CacheHints, ResultBody } from '../protocol/era-codec.ts';
import type { ScannedObject } from '../protocol/members.ts';
import type { Retry } from '../relay/calling-client.ts';
import type { RelayContext } from '../relay/relay-request.ts';
import type { RelayedError } from '../relay/relayed.ts';
import type { Task } from '../relay/task-registry.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { GatewayError } from '../shared/errors.ts';
import type { Wording } from '../shared/next-steps.ts';
import type { UpstreamConnection } from '../upstream/contract.ts';
import type { Arguments } from './gateway-tools/read-arguments.ts';
import type { Keeping } from './results/keeping.ts';
import type { ResultStore } from './results/result-store.ts';

/** The time a call has left. */
export interface CallDeadline {
  /** Milliseconds, at least 1. */
  leftMs(): number;
}

export interface Connected<T> {
  readonly link: UpstreamConnection;
  readonly prepared: T;
}

/** The same, or what was prepared alone where no server is needed. */
export interface Unconnected<T> {
  readonly link: UpstreamConnection | undefined;
  readonly prepared: T;
}

/** The context of a gateway tool while it runs. Made by the pipeline for one call. */
export interface ToolContext {
  readonly snapshot: Snapshot;
  /** The agent whose rules count. */
  readonly caller: Bounded & { readonly assurance: Assurance; readonly principal: string };
  /**
   * May the caller use a server, or what it offers, whatever arguments it would call it with?
   * @param entry the tool, where it is one: rules may speak of what its definition says.
   */
  decide(server: string, name?: string, kind?: OfferKind, entry?: ToolEntry): Decision;
  /**
   * Takes the decision again where it rests on another definition of the tool than the one that is called.
   * @throws GatewayError DENIED_BY_POLICY
   */
  confirm(entry: ToolEntry): void;
  /** The server and tool as the call names them; others than those that are called where it names a virtual server. */
  readonly named: Target | undefined;
  readonly catalog: TenantCatalog;
  readonly wording: Wording;
  /** Results that were too long. */
  readonly results: ResultStore;
  readonly signal: CancelSignal;
  /** The caller's part in a request to a server. */
  readonly relay: RelayContext;
  /** Milliseconds that the whole call may take where its arguments do not say. */
  readonly defaultTimeoutMs: number;
  /**
   * The connection to the server of this call, after `prepare` looked at the server. Takes the decision again if the
   * configuration changed meanwhile.
   * @param describe the definition of what is called, in what was prepared
   * @throws GatewayError DENIED_BY_POLICY, APPROVAL_PENDING, SERVER_UNAVAILABLE, TIMEOUT
   */
  connect<T>(
    deadline: CallDeadline,
    prepare: (server: ServerDefinition) => Promise<T> | T,
    describe?: (prepared: T) => ToolEntry,
  ): Promise<Connected<T>> | Connected<T>;
  /** Takes what was taken out of a result: kinds and counts, for the record. */
  screened(counts: ReadonlyMap<string, number>): void;
  /** Remembers what a server says of its result, before anybody makes another one of it. @throws GatewayError AUDIT_UNAVAILABLE */
  arrived(body: ResultBody): Promise<void> | undefined;
  /**
   * The same of what the call is about, where it reads on in what a server said before.
   * @param labels that calls of a program touched, whose result is read
   * @throws GatewayError AUDIT_UNAVAILABLE
   */
  readAgain(labels?: Iterable<string>): Promise<void> | undefined;
  /** The same for a call whose result may be kept: without a connection where `isKept` says so of what was prepared. */
  connectUnless<T>(
    isKept: (prepared: T) => boolean,
    deadline: CallDeadline,
    prepare: (server: ServerDefinition) => Promise<T> | T,
    describe?: (prepared: T) => ToolEntry,
  ): Promise<Unconnected<T>> | Unconnected<T>;
  /** The answers that are kept; loaded when one may be. */
  keeping(): Promise<Keeping>;
  /** A connection to a server that is only asked for lists, of which the operation keeps what the caller may see. */
  lease(server: ServerDefinition): Promise<UpstreamConnection>;
  /** Remembers a task that this call made. @returns the id for its caller */
  keepTask(server: string, tool: string, made: MadeTask): Promise<string>;
  /** Facts for `get_gateway_status`. */
  status(): unknown;
  /** True, when it is asked, if the caller may still use a tool: for what is kept of its results. */
  permissionFor(server: string, tool: string): () => boolean;
  /** The beginning of what this process hands out, after its prefix, where there are several processes. */
  readonly tag: string | undefined;
  /** Makes a call of a gateway tool for the same caller, as a part of this one: decided, limited and recorded like any other. Never rejects. */
  inner(tool: GatewayTool, args: string, how: InnerCall): Promise<InnerOutcome>;
}

/** A task as its server made it. */
export type MadeTask = Pick<Task, 'id' | 'era' | 'createdAt' | 'seenOn'>;

/** The terms of a call within a call. */
export interface InnerCall {
  /** SHA-256 of the program that makes it, in hex. */
  readonly program: string;
  readonly signal: CancelSignal;
  readonly onProgress: ((params: string) => void) | undefined;
  /** Told what it waits for, where that is not its server; undefined for no longer. */
  readonly onWait: (message: string | undefined) => void;
  /** What its caller sent along to go on with it. */
  readonly retry: Retry | undefined;
  /** Takes the labels that it touches. */
  readonly touched: Set<string>;
}

export interface InnerOutcome {
  readonly answer: ToolAnswer;
  /** The error that the answer tells, where the gateway failed it. */
  readonly failure: GatewayError | undefined;
}

/** The subject of a call. */
export interface Target {
  readonly server: string;
  readonly name: string | undefined;
}

/** No server's. */
export type Own = 'own';

/** The part of a call that rules over arguments speak of, and that whoever is asked about it has to know. */
interface AskedAbout {
  /** JSON text of an object. */
  readonly args: string;
  /** Inner text of what is sent besides. */
  readonly others?: string;
  /** True where the entry of the server may put arguments in (`sentArguments`). */
  readonly isCall?: true;
}

/** One call of a gateway tool after its arguments were read: what to decide on, and what to do then. */
export interface Invocation {
  readonly claimedAgent: string | undefined;
  /** The server that is decided on; undefined where the tool filters a list itself. */
  readonly server: string | undefined;
  /** Name of the tool or prompt, or URI of the resource. */
  readonly tool: string | undefined;
  /** The kind of thing that `tool` names; a tool where it is left out. */
  readonly kind?: OfferKind;
  /**
   * Finds the target where the names alone do not say it; looks only at what the caller may use. Undefined for nothing, which
   * is told like a denial; `own` for something of the gateway's own, about which there is no rule.
   */
  readonly locate?: (context: ToolContext) => Promise<Target | Own | undefined>;
  /** The message where it finds nothing, if there is more to say than that. */
  readonly missing?: string;
  /** The tool of the gateway that calls it: each agent has either `execute_tool` or those for one access each. */
  readonly executor?: Executor | undefined;
  /** True where something is executed: recorded before it is forwarded, and again before its result is released. */
  readonly executes: boolean;
  /** The facts that rules speak of besides names, and that a person is shown: all that the server is sent. */
  readonly asks?: AskedAbout;
  /** True for what is asked about a call that was decided and forwarded before, e.g. how its task goes. */
  readonly continues?: true;
  /** It is no call, and counts for no limit: a client that may not call any more can still connect. */
  readonly unlimited?: true;
  /** Names and sizes for the audit, never values. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** True where a result may be kept for it: then its first record has to be written only before its server is needed. */
  mayBeKept?(context: ToolContext, target: Target | undefined): boolean;
  /** @param target what was decided on; undefined where nothing was. */
  run(context: ToolContext, target: Target | undefined): Promise<ToolAnswer> | ToolAnswer;
}

/** A result to release, or a server's own protocol error to relay. */
export type ToolAnswer =
  | { readonly kind: 'result'; readonly body: ResultBody; readonly cache?: CacheHints }
  | RelayedError;

/** The text of a request, and where its params stand in it. */
export interface RequestText {
  readonly text: string;
  readonly params: ScannedObject | undefined;
}

/** Something that a caller asks for, before anything about it is known: how to read it, and how a failure is told. */
export interface Operation {
  /** For the audit and the metrics, e.g. `execute_tool`. */
  readonly name: string;
  /** For the metrics, where callers choose the name. */
  readonly countedAs?: string;
  /** @throws GatewayError INVALID_ARGUMENTS or INVALID_PARAMS */
  read(request: RequestText): Invocation;
  fail(error: GatewayError): ToolAnswer;
  readonly wording: Wording;
}

/** A tool of the gateway itself. */
export interface GatewayTool {
  readonly name: string;
  /** The definition as `tools/list` shows it. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** Its description where it depends on a tool what calls it. */
  readonly splitDescription?: string;
  /**
   * @param task JSON text of the `task` member of the call, for tools that may run as tasks
   * @throws GatewayError INVALID_ARGUMENTS
   */
  read(args: Arguments, task?: string): Invocation;
  /** True where a caller of 2025-11-25 may call it as a task. */
  readonly runsAsTask?: true;
  /** A caller that may use it was shown it: what its first call needs can be made ready. */
  shown?(): void;
}
