/** What the rules want of a call besides that it may be made: that it is within a budget, and no loop. Most rules want nothing. */
import type { Budget } from '../../config/snapshot.ts';
import type { Call } from '../decide-call.ts';
import type { PipelineDependencies } from '../dependencies.ts';

/** A budget, and whose it is. */
export interface BudgetHolder {
  /** For messages. */
  readonly who: string;
  /** For the audit: path of the budget in the rules. */
  readonly path: string;
  readonly budget: Budget;
}

/** What is wanted of one call. */
export interface WatchTerms {
  readonly holders: readonly BudgetHolder[];
  /** Equal calls with equal answers in a row; undefined for any number. */
  readonly maxRepeats: number | undefined;
  /** Cost of the call, where its owner states one. */
  readonly cost: number;
  /** True for a call that was held open for its caller, which comes back to it: it was counted then, and is no repetition. */
  readonly goesOn: boolean;
}

/**
 * Counts a call before it is forwarded; once, however often it is tried.
 * @returns undefined where the rules want nothing
 * @throws GatewayError BUDGET_EXCEEDED, REPEATED_CALL
 */
export function watchCall(parts: PipelineDependencies, call: Call): Promise<void> | undefined {
  const terms = call.watch === undefined ? termsOf(call, parts) : undefined;
  if (terms === undefined) return undefined;
  return parts.watches().then(async (all) => {
    call.watch = await all.begin(call, terms);
  });
}

function termsOf(call: Call, parts: Pick<PipelineDependencies, 'parking'>): WatchTerms | undefined {
  const { invocation, caller, snapshot, target } = call;
  if (caller === undefined || invocation?.executes !== true || invocation.continues === true) return undefined;
  // What asks no server anything itself, such as a program: its calls are counted.
  if (invocation.asks === undefined) return undefined;
  const ofAgent = snapshot.agentTerms.get(caller.agent);
  const ofPrincipal = snapshot.principals?.get(caller.principal)?.budget;
  const usual = ofAgent?.loopBreaker ?? snapshot.loopBreaker;
  const isTool = invocation.asks.isCall === true && (invocation.kind ?? 'tool') === 'tool';
  const overrides = isTool ? snapshot.servers.get(target?.server ?? '')?.overrides : undefined;
  const own = overrides?.termsOf(target?.name ?? '');
  const isWatched = usual !== undefined || own?.loopBreaker !== undefined;
  if (ofAgent?.budget === undefined && ofPrincipal === undefined && !isWatched) return undefined;
  const repeats = isTool && usual !== 'off' ? (own?.loopBreaker ?? usual) : undefined;
  const holders: BudgetHolder[] = [];
  const { agent, principal } = caller;
  if (ofPrincipal !== undefined)
    holders.push({ who: 'this caller', path: `principals.${principal}.budget`, budget: ofPrincipal });
  if (ofAgent?.budget !== undefined)
    holders.push({ who: `agent '${agent}'`, path: `agents.${agent}.budget`, budget: ofAgent.budget });
  // Nothing but the call that waits is reached with such a state, whoever wrote it.
  const state = call.inbound.client.retry?.requestState;
  const goesOn = state !== undefined && parts.parking.isHandle(state);
  return {
    holders,
    maxRepeats: goesOn || repeats === 'off' ? undefined : repeats,
    cost: own?.cost ?? 0,
    goesOn,
  };
}
