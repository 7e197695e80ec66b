import type { AuditRecord } from './audit-record.ts';

/** The record of something that is no call: what is not said is empty. */
export function eventRecord(fields: Partial<AuditRecord> & Pick<AuditRecord, 'operation' | 'decision'>): AuditRecord {
  return {
    phase: 'finished',
    request_id: '',
    principal: '',
    claimed_agent: null,
    agent_id: null,
    assurance: '',
    server: null,
    tool: null,
    rule: null,
    error_code: null,
    latency_ms: 0,
    ...fields,
  };
}
