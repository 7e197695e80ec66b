import type { AuditSink } from '../audit/audit-record.ts';
import { eventRecord } from '../audit/event-record.ts';
import type { Logger } from '../observe/log.ts';
import type { ListChange } from './list-change.ts';

/**
 * A change in what a server offers is a record too (docs/audit.md). Nobody waits for it.
 * @param held names of tools that are held back until somebody accepts them
 */
export function recordChange(audit: AuditSink, log: Logger, change: ListChange, held: readonly string[]): void {
  const { server, added, removed, changed, renamed, instructions, whileRunning } = change;
  const record = eventRecord({
    operation: 'definitions_changed',
    decision: 'ALLOW',
    server: server.name,
    detail: { added, removed, changed, renamed, instructions, while_running: whileRunning, held },
  });
  audit
    .append(record)
    ?.catch((error: unknown) => log.error({ err: error }, 'a change of definitions could not be recorded'));
}

/** Records what was accepted of a server. @param by `first_sight`, or who did it */
export function recordAcceptance(
  audit: AuditSink,
  failed: (error: unknown) => void,
  { server, by, accepted, removed }: Acceptance,
): void {
  const detail = { by, accepted, removed };
  const record = eventRecord({ operation: 'definitions_accepted', decision: 'ALLOW', server, detail });
  audit.append(record)?.catch(failed);
}

export interface Acceptance {
  readonly server: string;
  readonly by: string;
  /** Kinds and names, as in the lock file. */
  readonly accepted: readonly string[];
  readonly removed: readonly string[];
}
