/**
 * The part of tracing that the path of a call knows. Made only where `OTEL_*` variables ask for it (src/observe/otel): elsewhere there is
 * none, and nothing of it is loaded.
 */

/** The place of a span in its trace, as W3C Trace Context writes it. */
export interface TraceParent {
  readonly traceparent: string;
  /** Empty for none. */
  readonly tracestate: string;
}

/** A request of a client that has come. */
export interface RequestFacts {
  readonly method: string;
  /** JSON text. */
  readonly id: string;
  /** The revision of the protocol; undefined while none is agreed. */
  readonly revision: string | undefined;
  /** The id of its session, where it has one. */
  readonly session: string | undefined;
  /** The tool, prompt or resource that it names. */
  readonly target: string | undefined;
  /** JSON text of the arguments of a tool, where it has some. */
  readonly args: string | undefined;
  /** The trace that its `_meta` names. */
  readonly parent: TraceParent | undefined;
  /** The trace that the HTTP request which carried it names. */
  readonly carrier: TraceParent | undefined;
}

/** The part of the last record of a call (src/audit) that others may see. */
export interface RecordedFacts {
  readonly decision: string;
  readonly request_id: string;
  readonly agent_id: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  readonly rule: string | null;
  readonly shadow?: string | undefined;
  readonly error_code: string | null;
}

/** The end of a call, besides its record. */
export interface CallEnd {
  /** True where its result says that it failed. */
  readonly isError: boolean;
  /** JSON text of the result; undefined where there is an error of the protocol in its place. */
  readonly result: string | undefined;
  /** Milliseconds that it waited until it could be sent to its server; undefined where it was not. */
  readonly queuedMs: number | undefined;
}

/** The span of a request of a client. */
export interface RequestSpan {
  /** The parent of what is sent to servers because of it; undefined where nothing of it is passed on. */
  readonly trace: TraceParent | undefined;
  /** Its call is over. */
  concluded(record: RecordedFacts, outcome: CallEnd): void;
  /** It is answered. @param code of the error of the protocol that it is answered with @param revision where it was agreed only now */
  end(code: number | undefined, revision?: string): void;
}

/** A request to a server. */
export interface SentFacts {
  readonly method: string;
  readonly id: number;
  /** Inner text of its params. */
  readonly params: string;
  readonly revision: string | undefined;
  readonly parent: TraceParent | undefined;
}

/** The span of a request to a server. */
export interface SentSpan {
  /** The trace context that the server is told; undefined for nothing. */
  readonly trace: TraceParent | undefined;
  /** The server has answered. @param code of an error of the protocol @param isError true where the result says that the tool failed */
  answered(code: number | undefined, isError: boolean): void;
  /** There was no answer. @param code of the catalogue of errors; undefined where its caller went away */
  failed(code: string | undefined): void;
}

/** The requests over one connection to a server. */
export interface ConnectionSpans {
  begin(sent: SentFacts): SentSpan;
  /** The connection is over. @param revision that was agreed, if one was */
  over(revision: string | undefined): void;
}

export interface Tracer {
  request(facts: RequestFacts): RequestSpan;
  /** A session of a client begins. @returns ends it */
  session(revision: string): () => void;
  /** A connection to a server is opened. @param url undefined where it is a process */
  connection(server: string, url: string | undefined): ConnectionSpans;
}
