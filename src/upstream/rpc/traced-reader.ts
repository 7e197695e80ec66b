/** Reads the answer to a request, and tells its span what came of it. */
import type { ConnectionSpans, SentSpan, TraceParent } from '../../observe/tracing.ts';
import { errorMember, type ResponseMessage } from '../../protocol/json-rpc.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { CallOptions, ResponseReader } from './pending-requests.ts';

export class TracedReader<T> implements ResponseReader<T> {
  readonly #reader: ResponseReader<T>;
  readonly #spans: ConnectionSpans;
  #span: SentSpan | undefined;

  constructor(reader: ResponseReader<T>, spans: ConnectionSpans) {
    this.#reader = reader;
    this.#spans = spans;
  }

  /** The request is sent. @returns the members of its `_meta` that tell the server of it; undefined for none */
  begin(
    id: number,
    method: string,
    params: string,
    revision: string | undefined,
    { trace: parent, meta = '' }: CallOptions,
  ): string | undefined {
    this.#span = this.#spans.begin({ id, method, params, revision, parent });
    const { trace } = this.#span;
    // If its caller names a trace, that stands in `meta`.
    return trace === undefined || (parent === undefined && meta !== '') ? undefined : traceMeta(trace);
  }

  read(message: ResponseMessage, method: string): T {
    try {
      const value = this.#reader.read(message, method);
      const { text, error } = message;
      this.#span?.answered(error === undefined ? undefined : errorMember(text, error).code, hasFailed(value));
      return value;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  fail(error: unknown): unknown {
    const failure = this.#reader.fail(error);
    this.#failed(failure);
    return failure;
  }

  #failed(error: unknown): void {
    this.#span?.failed(error instanceof GatewayError ? error.code : undefined);
  }
}

function traceMeta({ traceparent, tracestate }: TraceParent): string {
  const state = tracestate === '' ? '' : `,"tracestate":${JSON.stringify(tracestate)}`;
  return `"traceparent":"${traceparent}"${state}`;
}

/** True for a reply whose result says of itself that the call failed. */
function hasFailed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('ok' in value) || !('result' in value)) return false;
  const { ok, result } = value;
  return ok === true && typeof result === 'object' && result !== null && 'isError' in result && result.isError === true;
}
