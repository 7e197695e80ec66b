/** The parts that all spans of a gateway share: where they go, in which form, and what they may hold. */
import type { TraceParent } from '../tracing.ts';
import type { DurationSeries } from './duration-histograms.ts';
import type { SpanData } from './encoding.ts';
import type { OperationKind, OperationKinds } from './operation-kinds.ts';
import type { Sampler } from './sampler.ts';
import type { SpanQueue } from './span-queue.ts';
import { randomId, SpanContext } from './trace-context.ts';

/** Milliseconds that the clock of this process may be away from the one of the system. */
const MAX_DRIFT_MS = 20;
/** Characters that a secret may have. */
const MAX_SECRET = 16 * 1024;

interface RecorderOptions {
  readonly kinds: OperationKinds;
  /** Undefined where no spans are sent. */
  readonly traces: { readonly sampler: Sampler; readonly queue: SpanQueue } | undefined;
  readonly measures: boolean;
  readonly propagates: boolean;
  readonly hasContent: boolean;
  readonly maxCharacters: number;
  readonly redact: (text: string) => string;
}

/** An operation that is over. */
interface Ended extends Pick<SpanData, 'parent' | 'isParentRemote' | 'link' | 'isError'> {
  readonly context: SpanContext | undefined;
  readonly kind: OperationKind;
  /** By `performance.now`. */
  readonly startedAt: number;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly kinds: OperationKinds;
  readonly propagates: boolean;
  readonly hasContent: boolean;
  /** Milliseconds since 1970 at which `performance.now` was 0. */
  #origin = performance.timeOrigin;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.kinds = options.kinds;
    this.propagates = options.propagates && options.traces !== undefined;
    this.hasContent = options.hasContent && options.traces !== undefined;
  }

  /** The place of a new span; undefined where there are no spans. */
  contextIn(parent: SpanContext | undefined): SpanContext | undefined {
    const { traces } = this.#options;
    if (traces === undefined) return undefined;
    const trace = parent?.trace ?? randomId(16);
    const isSampled = traces.sampler(trace, parent);
    return new SpanContext(trace, randomId(8), isSampled, parent?.tracestate ?? '');
  }

  propagated(context: SpanContext | undefined): TraceParent | undefined {
    return this.propagates ? context : undefined;
  }

  measure(series: DurationSeries, ms: number): void {
    if (this.#options.measures) series.record(ms);
  }

  /** Measures an operation, and sends its span where that is sampled. @param details made only then */
  end(ended: Ended, details: () => Pick<SpanData, 'recorded' | 'own'>): void {
    const { context, parent, isParentRemote, link, kind, startedAt, isError } = ended;
    const ms = performance.now() - startedAt;
    this.measure(kind.series, ms);
    if (context?.isSampled !== true) return;
    const endMs = this.#wallTime(startedAt + ms);
    const startMs = endMs - ms;
    const { head, attributes: shared } = kind;
    const { recorded, own } = details();
    // Named one by one: to spread objects costs more than all the rest of a span.
    const span = { context, parent, isParentRemote, link, startMs, endMs, isError, head, shared, recorded, own };
    this.#options.traces?.queue.add(span);
  }

  /** Milliseconds since 1970, as exact as durations are. @param at by `performance.now`, a moment ago */
  #wallTime(at: number): number {
    const drift = Date.now() - (this.#origin + at);
    if (Math.abs(drift) > MAX_DRIFT_MS) this.#origin += drift;
    return this.#origin + at;
  }

  /** The id of a request as it is shown. @param json text of it */
  idText(json: string): string {
    return json.startsWith('"') ? this.#options.redact(String(JSON.parse(json))).slice(0, 256) : json;
  }

  /** The arguments or the result of a tool, as far as there is room; secrets are taken out. */
  content(text: string): string {
    const { redact, maxCharacters } = this.#options;
    // Text that is cut off later is not looked through, but for a secret that begins before that.
    return redact(text.slice(0, maxCharacters + MAX_SECRET)).slice(0, maxCharacters);
  }
}
