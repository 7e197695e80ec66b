/** Spans and histograms on their way to a collector: OTLP, as protobuf or JSON (https://opentelemetry.io/docs/specs/otlp/). */
import type { ByteWriter } from './byte-writer.ts';
import type { SpanContext } from './trace-context.ts';

/** `SpanKind` of OTLP. */
export const SPAN_KIND = { server: 2, client: 3 } as const;
export type SpanKind = (typeof SPAN_KIND)[keyof typeof SPAN_KIND];
/** `StatusCode` of OTLP. */
export const STATUS_ERROR = 2;
/** `AggregationTemporality` of OTLP. */
export const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

/** Bits of `flags` besides those of Trace Context: whether the parent is of another program is known, and it is. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/** The `flags` of a span or a link. */
export function flagsOf({ isSampled }: SpanContext, isRemote: boolean): number {
  return (isSampled ? 1 : 0) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}

/** Whole numbers are `{ count }`, true is `true`, other numbers are doubles. */
export type AttributeValue = string | number | true | { readonly count: number };
export type Attributes = readonly (readonly [key: string, value: AttributeValue])[];

export interface SpanData {
  readonly context: SpanContext;
  /** Undefined for the first span of a trace. */
  readonly parent: SpanContext | undefined;
  /** True where the parent is of another program. */
  readonly isParentRemote: boolean;
  /** Another span that it belongs to, besides the parent. */
  readonly link: SpanContext | undefined;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
  /** Name and kind, encoded. */
  readonly head: Uint8Array;
  /** Attributes that it has in common with others, encoded. */
  readonly shared: Uint8Array;
  readonly recorded: Uint8Array | undefined;
  /** Attributes of its own. */
  readonly own: Attributes;
}

/** One series of a histogram. */
export interface SeriesData {
  /** Encoded. */
  readonly attributes: Uint8Array;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** One more than there are bounds. */
  readonly buckets: readonly number[];
}

export interface HistogramData {
  readonly name: string;
  readonly description: string;
  /** Upper bounds of the buckets, in seconds. */
  readonly bounds: readonly number[];
  readonly series: readonly SeriesData[];
}

export interface Collected {
  readonly histograms: readonly HistogramData[];
  readonly temporality: (typeof TEMPORALITY)[keyof typeof TEMPORALITY];
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
}

/** The origin of spans and metrics. */
export interface Source {
  readonly resource: ReadonlyMap<string, string>;
  /** Name and version of the instrumentation scope. */
  readonly scope: string;
  readonly version: string;
}

/** Every span is written where it ends: what many have in common is encoded once. */
export interface Encoding {
  readonly contentType: string;
  /** Attributes of a span or a series. */
  attributes(attributes: Attributes): Uint8Array;
  head(name: string, kind: SpanKind): Uint8Array;
  writeSpan(out: ByteWriter, span: SpanData): void;
  /** The parts of a request before its spans and after them. @param length of the spans, in bytes */
  frame(source: Source, length: number): readonly [before: Buffer, after: Buffer];
  metrics(source: Source, collected: Collected): Buffer;
}
