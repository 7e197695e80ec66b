/** The fields of an audit record (docs/audit.md). The log adds `timestamp` and the place in the chain (record-line.ts). */
export interface AuditRecord {
  readonly operation: string;
  readonly phase: 'decided' | 'finished';
  readonly decision: 'ALLOW' | 'DENY' | 'ERROR';
  readonly request_id: string;
  readonly principal: string;
  readonly claimed_agent: string | null;
  readonly agent_id: string | null;
  readonly assurance: string;
  readonly server: string | null;
  readonly tool: string | null;
  /** Path of the deciding rule, `implicit_grant`, `default_deny`, or null where nothing was decided. */
  readonly rule: string | null;
  /** Present when `rule` denies or asks but was not enforced, because the agent is in shadow mode. */
  readonly shadow?: 'ASK' | 'DENY' | undefined;
  readonly error_code: string | null;
  readonly latency_ms: number;
  /** Names and sizes only, never values: e.g. `{ args: ['path'], args_bytes: 120 }`. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditSink {
  /**
   * Appends a record; records of one turn of the event loop share writes.
   * @returns undefined where write(2) has returned, else resolves when it has.
   * @throws GatewayError AUDIT_UNAVAILABLE (as a rejection) when the record could not be written.
   */
  append(record: AuditRecord): Promise<void> | undefined;
  /**
   * Appends the record of something that was refused and never forwarded. Repeated refusals of one principal become one record
   * with a count, which nobody waits for.
   */
  refuse(record: AuditRecord): Promise<void> | undefined;
  close(): Promise<void>;
}
