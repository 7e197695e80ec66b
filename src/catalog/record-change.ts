import type { AuditRecord, AuditSink } from '../audit/record.ts';
import type { Logger } from '../observe/log.ts';
import type { Change } from './change.ts';

/** A change in what a server offers is a record too (docs/audit.md). Nobody waits for it. */
export function recordChange(audit: AuditSink, log: Logger, change: Change): void {
  const { server, added, removed, changed, instructions, whileRunning } = change;
  const record: AuditRecord = {
    operation: 'definitions_changed',
    phase: 'finished',
    decision: 'ALLOW',
    request_id: '',
    principal: '',
    claimed_agent: null,
    agent_id: null,
    assurance: '',
    server: server.name,
    tool: null,
    rule: null,
    error_code: null,
    latency_ms: 0,
    detail: { added, removed, changed, instructions, while_running: whileRunning },
  };
  audit
    .append(record)
    ?.catch((error: unknown) => log.error({ err: error }, 'a change of definitions could not be recorded'));
}
