/** Reads OTLP as collectors do: the fields of its schema that are used here (opentelemetry-proto 1.5), for tests. */
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

const SCHEMA = `
syntax = "proto3";
package otlp;
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Status { string message = 2; int32 code = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; fixed32 flags = 6; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Link links = 13; Status status = 15; fixed32 flags = 16;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Traces { repeated ResourceSpans resource_spans = 1; }
message Point {
  fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; repeated KeyValue attributes = 9;
  double min = 11; double max = 12;
}
message Histogram { repeated Point data_points = 1; int32 aggregation_temporality = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; Histogram histogram = 9; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Metrics { repeated ResourceMetrics resource_metrics = 1; }
`;

const { root } = protobuf.parse(SCHEMA);

interface RawAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface RawResource {
  readonly resource: { readonly attributes: readonly RawAttribute[] };
}

interface RawLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly flags?: number;
}

interface RawSpan extends RawLink {
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly RawAttribute[];
  readonly links?: readonly RawLink[];
  readonly status?: { readonly code?: number };
}

interface RawPoint {
  readonly count: string;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
  readonly attributes?: readonly RawAttribute[];
}

interface RawMetric {
  readonly name: string;
  readonly unit: string;
  readonly histogram: { readonly aggregationTemporality: number; readonly dataPoints: readonly RawPoint[] };
}

export interface ReadSpan {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: number;
  readonly links: readonly RawLink[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ReadPoint {
  readonly metric: string;
  readonly unit: string;
  readonly temporality: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Headers as `node:http` gives them, or as they were written. */
type Headers = Readonly<Record<string, unknown>>;

/** @returns the spans of a request to `/v1/traces` */
export function readSpans(body: Buffer, headers: Headers): ReadSpan[] {
  const { resourceSpans } = decoded('Traces', body, headers) as {
    resourceSpans: (RawResource & { scopeSpans: { spans: RawSpan[] }[] })[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        resource: valuesOf(resource.attributes),
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        flags: span.flags ?? 0,
        startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
        status: span.status?.code ?? 0,
        links: span.links ?? [],
        attributes: valuesOf(span.attributes),
      })),
    ),
  );
}

/** @returns the points of the histograms of a request to `/v1/metrics` */
export function readPoints(body: Buffer, headers: Headers): ReadPoint[] {
  const { resourceMetrics } = decoded('Metrics', body, headers) as {
    resourceMetrics: (RawResource & { scopeMetrics: { metrics: RawMetric[] }[] })[];
  };
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    .flatMap(({ name, unit, histogram }) =>
      histogram.dataPoints.map((point) => ({
        ...point,
        metric: name,
        unit,
        temporality: histogram.aggregationTemporality,
        count: Number(point.count),
        buckets: point.bucketCounts.map(Number),
        bounds: point.explicitBounds,
        attributes: valuesOf(point.attributes),
      })),
    );
}

function decoded(type: string, body: Buffer, headers: Headers): unknown {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  if (headers['content-type'] === 'application/json') return JSON.parse(plain.toString());
  const schema = root.lookupType(`otlp.${type}`);
  const options = { longs: String, bytes: String, arrays: true } as const;
  return withHexIds(schema.toObject(schema.decode(plain), options));
}

/** JSON of OTLP has ids in hexadecimal digits, JSON of protobuf in base64. */
function withHexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHexIds);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) =>
    key.endsWith('Id') ? [key, Buffer.from(String(inner), 'base64').toString('hex')] : [key, withHexIds(inner)],
  );
  return Object.fromEntries(entries);
}

function valuesOf(attributes: readonly RawAttribute[] = []): Record<string, unknown> {
  const keys = attributes.map(({ key }) => key);
  if (new Set(keys).size !== keys.length) throw new Error(`An attribute is there twice: ${keys.join(', ')}`);
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value['intValue']) : Object.values(value)[0],
    ]),
  );
}
