import type { AuditSink } from '../audit/record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Snapshot } from '../config/types.ts';
import type { Downstream } from '../downstream/types.ts';
import type { Ledger } from '../observe/ledger.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Sight } from '../observe/sight.ts';
import type { Parking } from '../relay/parking.ts';
import type { Tasks } from '../relay/tasks.ts';
import type { ByteBudget } from '../shared/byte-budget.ts';
import type { ResultStore } from '../tools/results/store.ts';
import type { GatewayTool } from '../tools/types.ts';
import type { Limiter } from './limits.ts';
import type { Desk } from './sign-in.ts';

/** What the pipeline works with; put together once by the composition root. */
export interface PipelineParts {
  /** The configuration now in force. */
  readonly snapshot: () => Snapshot;
  readonly tools: ReadonlyMap<string, GatewayTool>;
  readonly catalog: Catalog;
  readonly downstream: Downstream;
  /** Calls that wait for their caller's input. */
  readonly parking: Parking;
  /** Tasks that servers made for callers. */
  readonly tasks: Tasks;
  /** Results that were too long for their caller. */
  readonly results: ResultStore;
  /** Bytes that callers make the gateway keep. */
  readonly budget: ByteBudget;
  readonly limiter: Limiter;
  /** Where callers are sent that have to sign in to a server. */
  readonly desk: Desk;
  readonly audit: AuditSink;
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly log: Logger;
  /** Ids for the audit, unique over processes. */
  readonly nextRequestId: () => string;
  /** Facts for `get_gateway_status`. */
  readonly status: (sight: Sight | undefined) => unknown;
}
