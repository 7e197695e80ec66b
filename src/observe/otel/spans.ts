/** The two kinds of spans by the conventions for MCP (semantic-conventions-genai, docs/gen-ai/mcp.md), while what they tell goes on. */
import type {
  CallEnd,
  RecordedFacts,
  RequestFacts,
  RequestSpan,
  SentFacts,
  SentSpan,
  TraceParent,
} from '../tracing.ts';
import type { Attributes, AttributeValue } from './encoding.ts';
import type { MeasuredOperation, Side } from './operation-kinds.ts';
import type { Recorder } from './recorder.ts';
import { readTraceParent, type SpanContext } from './trace-context.ts';

/** Of what is answered without the pipeline, such as `ping`. */
const NO_CALL: CallEnd = { isError: false, result: undefined, queuedMs: undefined };

/** A request of a client: a SERVER span. */
export class ReceivedRequest implements RequestSpan {
  readonly #recorder: Recorder;
  readonly #side: Side;
  readonly #facts: RequestFacts;
  readonly #startedAt = performance.now();
  readonly #parent: SpanContext | undefined;
  readonly #link: SpanContext | undefined;
  readonly #context: SpanContext | undefined;
  #record: RecordedFacts | undefined;
  #outcome: CallEnd = NO_CALL;

  constructor(recorder: Recorder, side: Side, facts: RequestFacts) {
    const { parent, carrier } = facts;
    this.#recorder = recorder;
    this.#side = side;
    this.#facts = facts;
    const own = parent && recorder.propagates ? readTraceParent(parent) : undefined;
    const around = carrier && recorder.propagates ? readTraceParent(carrier) : undefined;
    this.#parent = own ?? around;
    this.#link = own === undefined ? undefined : around;
    this.#context = recorder.contextIn(this.#parent);
  }

  get trace(): TraceParent | undefined {
    return this.#recorder.propagated(this.#context);
  }

  concluded(record: RecordedFacts, outcome: CallEnd): void {
    this.#record = record;
    this.#outcome = outcome;
  }

  end(code: number | undefined, revision = this.#facts.revision): void {
    const recorder = this.#recorder;
    const { method, target } = this.#facts;
    const record = this.#record;
    const error = code === undefined ? (this.#outcome.isError ? 'tool_error' : undefined) : String(code);
    // A call that failed for a reason of the gateway may have named what there is not.
    const isKnown = code === undefined && (record === undefined || record.error_code === null);
    const kind = recorder.kinds.of(this.#side, { method, target, revision, error, code, isKnown });
    const ended = {
      context: this.#context,
      parent: this.#parent,
      isParentRemote: this.#parent !== undefined,
      link: this.#link,
      kind,
      startedAt: this.#startedAt,
      isError: error !== undefined,
    };
    recorder.end(ended, () => ({
      recorded: record && recorder.kinds.ofRecord(record),
      own: this.#ownAttributes(record),
    }));
  }

  #ownAttributes(record: RecordedFacts | undefined): Attributes {
    const recorder = this.#recorder;
    const { id, session, args, method } = this.#facts;
    const { isError, result, queuedMs } = this.#outcome;
    const own: (readonly [string, AttributeValue])[] = [['jsonrpc.request.id', recorder.idText(id)]];
    if (session !== undefined) own.push(['mcp.session.id', session]);
    if (record !== undefined) own.push(['agent_mcp_gateway.request.id', record.request_id]);
    if (queuedMs !== undefined) own.push(['agent_mcp_gateway.queue.duration', queuedMs / 1000]);
    if (!recorder.hasContent || method !== 'tools/call') return own;
    if (args !== undefined) own.push(['gen_ai.tool.call.arguments', recorder.content(args)]);
    if (result !== undefined && !isError) own.push(['gen_ai.tool.call.result', recorder.content(result)]);
    return own;
  }
}

/** A request to a server: a CLIENT span. */
export class SentRequest implements SentSpan {
  readonly #recorder: Recorder;
  readonly #side: Side;
  readonly #startedAt = performance.now();
  readonly #method: string;
  readonly #id: number;
  readonly #target: string | undefined;
  readonly #revision: string | undefined;
  readonly #parent: SpanContext | undefined;
  readonly #context: SpanContext | undefined;

  constructor(recorder: Recorder, side: Side, { method, id, params, revision, parent }: SentFacts) {
    this.#recorder = recorder;
    this.#side = side;
    this.#method = method;
    this.#id = id;
    this.#target = targetIn(params);
    this.#revision = revision;
    this.#parent = parent && readTraceParent(parent);
    this.#context = recorder.contextIn(this.#parent);
  }

  get trace(): TraceParent | undefined {
    return this.#recorder.propagated(this.#context);
  }

  answered(code: number | undefined, isError: boolean): void {
    this.#end(code, code === undefined ? (isError ? 'tool_error' : undefined) : String(code));
  }

  failed(code: string | undefined): void {
    this.#end(undefined, code ?? 'CANCELLED');
  }

  #end(code: number | undefined, error: string | undefined): void {
    const recorder = this.#recorder;
    const operation: MeasuredOperation = {
      method: this.#method,
      target: this.#target,
      revision: this.#revision,
      error,
      code,
      isKnown: true,
    };
    const kind = recorder.kinds.of(this.#side, operation);
    const ended = {
      context: this.#context,
      parent: this.#parent,
      isParentRemote: false,
      link: undefined,
      kind,
      startedAt: this.#startedAt,
      isError: error !== undefined,
    };
    recorder.end(ended, () => ({ recorded: undefined, own: [['jsonrpc.request.id', String(this.#id)]] }));
  }
}

/** The gateway writes what a request is about before all else, most of the time without anything to unescape. */
const PLAIN = '"name":"';
const TARGET = /^"(?:name|uri)":("(?:[^"\\]|\\.)*")/;

function targetIn(params: string): string | undefined {
  if (params.startsWith(PLAIN)) {
    const name = params.slice(PLAIN.length, params.indexOf('"', PLAIN.length));
    if (!name.includes('\\')) return name;
  }
  const text = TARGET.exec(params)?.[1];
  return text === undefined ? undefined : (JSON.parse(text) as string);
}
