import type { AuditSink } from '../audit/audit-record.ts';
import { eventRecord } from '../audit/event-record.ts';
import type { Logger } from '../observe/log.ts';
import type { Change } from './list-change.ts';

/** A change in what a server offers is a record too (docs/audit.md). Nobody waits for it. */
export function recordChange(audit: AuditSink, log: Logger, change: Change): void {
  const { server, added, removed, changed, instructions, whileRunning } = change;
  const record = eventRecord({
    operation: 'definitions_changed',
    decision: 'ALLOW',
    server: server.name,
    detail: { added, removed, changed, instructions, while_running: whileRunning },
  });
  audit
    .append(record)
    ?.catch((error: unknown) => log.error({ err: error }, 'a change of definitions could not be recorded'));
}
