/** The way of one call to its server: prepared, approved, leased, and decided again if the configuration changed meanwhile. */
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { whileWaiting } from '../observe/call-times.ts';
import type { CallDeadline, Invocation, ToolContext, Unconnected } from '../operations/operation.ts';
import { noServerLike } from '../operations/unknown-server.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Tenant, UpstreamConnection } from '../upstream/contract.ts';
import { isGone } from '../upstream/failures.ts';
import { requireApproval } from './approval.ts';
import type { Caller } from './caller.ts';
import { type Call, decideAnew, needsDefinition } from './decide-call.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { touchOf } from './flow/flow-of-call.ts';
import { isOutdated } from './outdated-call.ts';

/** A server whose entry is changed and changed back again and again is tried so often for one call. */
const MAX_RETURNS = 20;

/** The part of `ToolContext.connect` that its caller says. */
export interface Wanted<T> {
  readonly deadline: CallDeadline;
  readonly prepare: (server: ServerDefinition) => Promise<T> | T;
  /** The definition of what is called, in what was prepared. */
  readonly describe: ((prepared: T) => ToolEntry) | undefined;
  /** True where no server is needed. */
  readonly isKept: ((prepared: T) => boolean) | undefined;
}

/** The call, and in whose name it is made. */
export interface Going {
  readonly parts: PipelineDependencies;
  readonly call: Call;
  readonly invocation: Invocation;
  readonly context: ToolContext;
  readonly tenantOf: (caller: Caller | undefined) => Tenant;
}

type Link = UpstreamConnection | undefined;

/** One try to connect. */
interface Begun<T> {
  readonly server: ServerDefinition;
  readonly prepared: Promise<T> | T;
  /** Undefined where no server is needed. Rejects where `prepared` does. */
  readonly link: Promise<Link> | Link;
}

/** A class, because every call makes one. */
export class Connecting<T> {
  readonly #going: Going;
  readonly #wanted: Wanted<T>;

  constructor(going: Going, wanted: Wanted<T>) {
    this.#going = going;
    this.#wanted = wanted;
  }

  /** @throws as `ToolContext.connect` */
  connect(): Promise<Unconnected<T>> | Unconnected<T> {
    const begun = this.#begin();
    const { link, prepared } = begun;
    const { parts, call } = this.#going;
    const isSettled = parts.snapshot() === call.snapshot && call.decision?.effect !== 'ask';
    // A server that is there already is not waited for.
    if (link instanceof Promise || prepared instanceof Promise || !isSettled) return this.#connectLater(begun);
    const touching = this.#touch();
    if (touching !== undefined) return touching.then(() => this.#connectLater(begun));
    this.#goOn(link);
    return { link, prepared };
  }

  async #connectLater(first: Begun<T>): Promise<Unconnected<T>> {
    const { parts, call } = this.#going;
    let returns = 0;
    for (let begun = first; ; begun = this.#begin()) {
      try {
        const connected = await this.#settle(begun);
        if (connected !== undefined) return connected;
      } catch (error) {
        // Another process may be ahead of this one.
        const isBack = isGone(error) && ++returns <= MAX_RETURNS;
        if (!isBack && !isOutdated(parts.snapshot(), call, error)) throw error;
        await this.#decideAnew();
      }
    }
  }

  /** As `decideAnew`; a call that runs already does not turn to another tool. */
  async #decideAnew(): Promise<boolean> {
    const { parts, call, invocation, context } = this.#going;
    const { target } = call;
    const isAnew = await decideAnew(parts.snapshot, call, invocation, () => context);
    if (call.target?.server === target?.server && call.target?.name === target?.name) return isAnew;
    const what = `Tool '${call.asked?.name}' of server '${call.asked?.server}'`;
    const { seeTools } = context.wording;
    throw new GatewayError('TOOL_NOT_FOUND', `${what} became another one. It was not called. ${seeTools}`);
  }

  /** @returns undefined where its server is another one by now. */
  async #settle({ server, link: leasing, prepared: preparing }: Begun<T>): Promise<Unconnected<T> | undefined> {
    const { parts, call, invocation } = this.#going;
    const { prepare, describe } = this.#wanted;
    const [link, found] = await whileWaiting(call.times, 'queue', Promise.all([leasing, preparing]));
    let prepared = found;
    do {
      const isAnew = await this.#decideAnew();
      if (call.snapshot.servers.get(server.name)?.key !== server.key) return undefined;
      // It may rest on another definition than what was prepared.
      if (isAnew && needsDefinition(call, invocation)) prepared = await prepare(server);
      // Whoever said yes to this has said it to this alone.
      await requireApproval(call, invocation, server, describe?.(prepared))?.use();
      const touching = this.#touch();
      if (touching !== undefined) await touching;
    } while (parts.snapshot() !== call.snapshot);
    this.#goOn(link);
    return { link, prepared };
  }

  /** Remembers what the call touches. @throws GatewayError AUDIT_UNAVAILABLE, as the promise does */
  #touch(): Promise<void> | undefined {
    const { call } = this.#going;
    return call.snapshot.policy.flow === undefined ? undefined : touchOf(call);
  }

  /** From here on the server may have the call, or its caller a result that was kept. */
  #goOn(link: Link): void {
    const { call } = this.#going;
    call.isKept = link === undefined;
    if (link !== undefined) call.forwarded = true;
  }

  #begin(): Begun<T> {
    const { parts, call, invocation, context, tenantOf } = this.#going;
    const { deadline, prepare, describe, isKept } = this.#wanted;
    const { upstreams } = parts;
    const { target, snapshot, caller, inbound } = call;
    const name = target?.server ?? '';
    const server = snapshot.servers.get(name);
    if (server === undefined) throw noServerLike(context, name);
    const tenant = tenantOf(caller);
    upstreams.expect(tenant.capabilities);
    const prepared = prepare(server);
    // While somebody is asked, no turn is held.
    const lease = (found: T): Promise<Link> | Link => {
      requireApproval(call, invocation, server, describe?.(found));
      if (isKept?.(found) === true) return undefined;
      const take = (): Promise<Link> | Link =>
        upstreams.lease(server, { timeoutMs: deadline.leftMs(), signal: inbound.signal, tenant });
      return call.writing === undefined ? take() : call.writing.then(take);
    };
    return { server, prepared, link: prepared instanceof Promise ? prepared.then(lease) : lease(prepared) };
  }
}
