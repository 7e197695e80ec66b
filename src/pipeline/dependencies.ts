import type { Approvals } from '../approvals/approvals.ts';
import type { AuditSink } from '../audit/audit-record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Ledger } from '../observe/ledger.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import type { GatewayTool, InnerOutcome } from '../operations/operation.ts';
import type { Keeping } from '../operations/results/keeping.ts';
import type { ResultStore } from '../operations/results/result-store.ts';
import type { ParkedConversations } from '../relay/parked-conversations.ts';
import type { Tasks } from '../relay/task-registry.ts';
import type { ByteBudget } from '../shared/byte-budget.ts';
import type { Upstreams } from '../upstream/contract.ts';
import type { Inbound } from './caller.ts';
import type { CarriedLabels } from './flow/carried-labels.ts';
import type { Limiter } from './rate-limits.ts';
import type { SignInPrompts } from './sign-in-prompts.ts';
import type { CallWatches } from './watches/call-watches.ts';

/** The parts that the pipeline works with; put together once by the composition root. */
export interface PipelineDependencies {
  /** The configuration now in force. */
  readonly snapshot: () => Snapshot;
  readonly tools: ReadonlyMap<string, GatewayTool>;
  readonly catalog: Catalog;
  readonly upstreams: Upstreams;
  /** Calls that wait for their caller's input. */
  readonly parking: ParkedConversations;
  /** Tasks that servers made for callers. */
  readonly tasks: Tasks;
  /** Results that were too long for their caller. */
  readonly results: ResultStore;
  /** Bytes that callers make the gateway keep. */
  readonly budget: ByteBudget;
  /** The beginning of what this process hands out, after its prefix, where there are several processes. */
  readonly tag: string | undefined;
  /** Takes a call of a gateway tool that is a part of another one all the way. */
  readonly runInner: (parts: PipelineDependencies, inbound: Inbound, tool: GatewayTool) => Promise<InnerOutcome>;
  readonly limiter: Limiter;
  /** Budgets and loops; loaded when they are first needed. */
  readonly watches: () => Promise<CallWatches>;
  /** The labels that callers carry, for rules over combinations. */
  readonly carried: CarriedLabels;
  /** The answers that are kept; loaded when one may be. */
  readonly keeping: () => Promise<Keeping>;
  /** Links for callers that have to sign in to a server. */
  readonly signInPrompts: SignInPrompts;
  /** Questions to people about calls. */
  readonly approvals: Approvals;
  /** Takes known secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly audit: AuditSink;
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Ids for the audit, unique over processes. */
  readonly nextRequestId: () => string;
  /** Facts for `get_gateway_status`. */
  readonly status: (sight: VisibleNames | undefined) => unknown;
}
