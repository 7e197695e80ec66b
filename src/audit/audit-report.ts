import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { AuditEvent } from './audit-log.ts';

/** Tells the owner what happens to the audit log; callers only learn that it is unavailable. */
export function reportAudit(event: AuditEvent, log: Logger, metrics: Pick<Metrics, 'counter'>): void {
  switch (event.kind) {
    case 'failed':
      metrics.counter('audit_failures_total', 'Audit records that could not be written.').inc({}, event.records);
      log.error({ err: event.error.cause }, 'the audit log cannot be written: calls are refused until it can');
      break;
    case 'recovered':
      log.info('the audit log is written again');
      break;
    case 'rotation-failed':
      log.warn({ err: event.error }, 'the audit log could not be rotated and goes on growing');
      break;
    case 'pruning-failed':
      log.warn({ err: event.error }, 'old files of the audit log could not be removed');
      break;
    case 'tightened':
      log.warn(
        { path: event.path },
        'the audit log or its folder was readable or writable by others: its mode is tightened',
      );
  }
}
