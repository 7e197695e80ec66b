/** The fields of an audit record (docs/reference/audit-record.md). The log adds `timestamp` and the place in the chain (record-line.ts). */
export interface AuditRecord {
  /** The gateway's tool or the method, such as `execute_tool` or `tools/call`. What is no call has an operation of its own. */
  readonly operation: string;
  /** `decided` before a call is forwarded, `finished` before its result is released. */
  readonly phase: 'decided' | 'finished';
  /** `ALLOW`, `ASK` as long as no person has answered, `DENY`, or `ERROR` for a call that was allowed and failed. */
  readonly decision: 'ALLOW' | 'ASK' | 'DENY' | 'ERROR';
  /** Joins the records of one call. */
  readonly request_id: string;
  /** Present when a program made the call: the `request_id` of its `run_code`. */
  readonly parent_request_id?: string | undefined;
  /** Likewise: the SHA-256 of the program's text, in hex. */
  readonly program?: string | undefined;
  /** The principal that connected. */
  readonly principal: string;
  /** The agent that the call claimed to be, or null. */
  readonly claimed_agent: string | null;
  /** The agent whose rules applied, or null where none could be found. */
  readonly agent_id: string | null;
  /** The certainty of the agent: `claim`, `hook`, `launch`, `token` or `jwt`; empty in records that are about no call. */
  readonly assurance: string;
  /** The server that is called, or null. */
  readonly server: string | null;
  /** The tool, prompt or resource as the call named it, or null. */
  readonly tool: string | null;
  /** Present where the server has another name for it: that name. */
  readonly original?: string | undefined;
  /** Present where the call named a virtual server: its name. */
  readonly virtual?: string | undefined;
  /** Path of the deciding rule, `implicit_grant`, `default_deny`, or null where nothing was decided. */
  readonly rule: string | null;
  /** JSON Pointer of the argument that decided, where one did. */
  readonly pointer?: string | undefined;
  /** Present when `rule` denies or asks but was not enforced, because the agent is in shadow mode. */
  readonly shadow?: 'ASK' | 'DENY' | undefined;
  /** Present where the server is a program: `none` where it runs as any program of the account, otherwise what its sandbox lets it reach: `offline`, `hosts` or `network`. */
  readonly sandbox?: 'none' | 'offline' | 'hosts' | 'network' | undefined;
  /** Present where rules speak of combinations: the labels of what is called, with spaces between. */
  readonly labels?: string | undefined;
  /** Code of the error, or null. */
  readonly error_code: string | null;
  /** Milliseconds since the call arrived. */
  readonly latency_ms: number;
  /** Present when the call was sent to a server: the part of `latency_ms` until it could be sent, in milliseconds. */
  readonly queue_ms?: number | undefined;
  /** Likewise: the part until the server had answered. */
  readonly server_ms?: number | undefined;
  /** Present when people were asked for something: the part that they took, in milliseconds. */
  readonly people_ms?: number | undefined;
  /** Present when the agent read lists, definitions or a result: their tokens, estimated. */
  readonly tokens?: number | undefined;
  /** Present when something was taken out of the result: how often, by kind, never what. */
  readonly redacted?: Readonly<Record<string, number>> | undefined;
  /** Present when the result was kept from an earlier call, and no server got this one. */
  readonly cached?: true | undefined;
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
