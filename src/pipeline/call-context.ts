/** The means that one call gives to the tool or request that it runs. */

import { catalogFor, type TenantCatalog } from '../catalog/tenant-catalog.ts';
import { listingFacts } from '../catalog/tool-access.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import type { CallTimes } from '../observe/call-times.ts';
import type { TraceParent } from '../observe/tracing.ts';
import type {
  CallDeadline,
  Connected,
  GatewayTool,
  InnerCall,
  InnerOutcome,
  Invocation,
  MadeTask,
  Target,
  ToolContext,
  Unconnected,
} from '../operations/operation.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import type { Decision, OfferKind } from '../policy/rules-data.ts';
import type { ResultBody } from '../protocol/era-codec.ts';
import { keepMembers } from '../protocol/json-text.ts';
import { findMember } from '../protocol/members.ts';
import { isHopByHopMeta, isTraceMeta } from '../protocol/revisions.ts';
import type { RelayContext } from '../relay/relay-request.ts';
import type { Tenant, UpstreamConnection } from '../upstream/contract.ts';
import { noteRedacted } from './call-record.ts';
import type { Caller } from './caller.ts';
import { Connecting, type Going, type Wanted } from './connecting.ts';
import { type Call, decideOn, needsDefinition } from './decide-call.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { touchOf, touchOfResult } from './flow/flow-of-call.ts';
import { permissionOf } from './permission.ts';
import { tenantOf } from './tenant.ts';

/** Milliseconds a call may take where neither its arguments nor the server's entry say otherwise. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** A class, because every call makes one. */
export class CallContext implements ToolContext, RelayContext {
  readonly caller: Caller;
  readonly catalog: TenantCatalog;
  readonly defaultTimeoutMs = DEFAULT_TIMEOUT_MS;
  readonly #parts: PipelineDependencies;
  readonly #call: Call;
  readonly #invocation: Invocation;
  readonly #tenant: Tenant;

  constructor(parts: PipelineDependencies, call: Call, invocation: Invocation, caller: Caller) {
    this.caller = caller;
    this.#tenant = tenantOf(call.inbound, caller.agent);
    this.catalog = catalogFor(parts.catalog, this.#tenant);
    this.#parts = parts;
    this.#call = call;
    this.#invocation = invocation;
  }

  get snapshot(): Snapshot {
    return this.#call.snapshot;
  }

  get named(): Target | undefined {
    return this.#call.asked;
  }

  get relay(): RelayContext {
    return this;
  }

  get wording() {
    return this.#call.operation.wording;
  }

  get results() {
    return this.#parts.results;
  }

  keeping() {
    return this.#parts.keeping();
  }

  get parking() {
    return this.#parts.parking;
  }

  get signal() {
    return this.#call.inbound.signal;
  }

  get client() {
    return this.#call.inbound.client;
  }

  get onProgress() {
    return this.#call.inbound.onProgress;
  }

  get times(): CallTimes {
    return this.#call.times;
  }

  get meta(): string {
    const { text, params } = this.#call.inbound;
    const meta = findMember(params, '_meta')?.object;
    if (meta === undefined) return '';
    const isTraced = this.trace !== undefined;
    return keepMembers(text, meta, (key) => !isHopByHopMeta(key) && !(isTraced && isTraceMeta(key)));
  }

  get trace(): TraceParent | undefined {
    return this.#call.inbound.span?.trace;
  }

  get ownerAndAgent(): string {
    return JSON.stringify([this.owner, this.caller.agent]);
  }

  /** Lists take it along alone. */
  readonly decide = (server: string, name?: string, kind?: OfferKind, entry?: ToolEntry): Decision => {
    const { snapshot, caller } = this.#call;
    return decideUnderCeiling(snapshot.policy, caller ?? this.caller, server, name, kind, listingFacts(entry));
  };

  screened(counts: ReadonlyMap<string, number>): void {
    noteRedacted(this.#call, counts);
  }

  arrived(body: ResultBody): Promise<void> | undefined {
    return this.#call.snapshot.policy.flow === undefined ? undefined : touchOfResult(this.#call, body);
  }

  readAgain(labels?: Iterable<string>): Promise<void> | undefined {
    return this.#call.snapshot.policy.flow === undefined ? undefined : touchOf(this.#call, labels);
  }

  confirm(entry: ToolEntry): void {
    const { decision } = this.#call;
    if (decision?.definition === entry.hash || !needsDefinition(this.#call, this.#invocation)) return;
    decideOn(this.#call, this.#invocation, entry);
  }

  status(): unknown {
    return this.#parts.status(this.#call.inbound.connection.sees(this.snapshot));
  }

  get owner(): string {
    return this.#call.inbound.connection.owner;
  }

  permission(): () => boolean {
    const { inbound, asked, access } = this.#call;
    return permissionOf(this.#parts, inbound.connection, this.#invocation, asked, access);
  }

  taskOf(server: string, id: string): string | undefined {
    const { connection, client } = this.#call.inbound;
    const owner = { owner: connection.owner, agent: this.caller.agent };
    for (const [exposed, task] of this.#parts.tasks.of(owner)) {
      if (task.server === server && task.id === id && task.era === client.era) return exposed;
    }
    return undefined;
  }

  keepTask(server: string, tool: string, made: MadeTask): Promise<string> {
    const { inbound, snapshot, caller, asked, target } = this.#call;
    const perSession = snapshot.servers.get(server)?.life?.sharing === 'per-session';
    return this.#parts.tasks.keep({
      owner: inbound.connection.owner,
      agent: (caller ?? this.caller).agent,
      session: perSession ? inbound.client.session : undefined,
      claimed: this.#invocation.claimedAgent,
      server,
      tool,
      named: asked === target ? undefined : asked,
      client: inbound.client.session,
      ...made,
    });
  }

  permissionFor(server: string, name: string): () => boolean {
    const { connection } = this.#call.inbound;
    return permissionOf(
      this.#parts,
      connection,
      { claimedAgent: this.#invocation.claimedAgent },
      { server, name },
      undefined,
    );
  }

  get tag() {
    return this.#parts.tag;
  }

  async inner(tool: GatewayTool, args: string, how: InnerCall): Promise<InnerOutcome> {
    const { callWithin } = await import('./call-within.ts');
    return callWithin(this.#parts, this.#call, tool, args, how);
  }

  async lease(server: ServerDefinition): Promise<UpstreamConnection> {
    const options = { timeoutMs: DEFAULT_TIMEOUT_MS, signal: this.signal, tenant: this.#tenant };
    return this.#parts.upstreams.lease(server, options);
  }

  connect<T>(
    deadline: CallDeadline,
    prepare: Wanted<T>['prepare'],
    describe?: (prepared: T) => ToolEntry,
  ): Promise<Connected<T>> | Connected<T> {
    // Where nothing is kept, there is a connection.
    return this.#connect({ deadline, prepare, describe, isKept: undefined }) as Promise<Connected<T>> | Connected<T>;
  }

  connectUnless<T>(
    isKept: (prepared: T) => boolean,
    deadline: CallDeadline,
    prepare: Wanted<T>['prepare'],
    describe?: (prepared: T) => ToolEntry,
  ): Promise<Unconnected<T>> | Unconnected<T> {
    return this.#connect({ deadline, prepare, describe, isKept });
  }

  #connect<T>(wanted: Wanted<T>): Promise<Unconnected<T>> | Unconnected<T> {
    const going: Going = {
      parts: this.#parts,
      call: this.#call,
      invocation: this.#invocation,
      context: this,
      tenantOf: (caller) => (caller === this.caller ? this.#tenant : tenantOf(this.#call.inbound, caller?.agent ?? '')),
    };
    return new Connecting(going, wanted).connect();
  }
}
