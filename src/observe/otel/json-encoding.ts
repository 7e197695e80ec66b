/** OTLP as JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are hexadecimal, large numbers are strings. */
import type { ByteWriter } from './byte-writer.ts';
import {
  type Attributes,
  type AttributeValue,
  type Collected,
  type Encoding,
  flagsOf,
  type HistogramData,
  type SeriesData,
  type Source,
  type SpanData,
  STATUS_ERROR,
} from './encoding.ts';
import { nanoseconds } from './nanoseconds.ts';
import type { SpanContext } from './trace-context.ts';

const COMMA = 0x2c;
const WIDEST = 3;

/** Writes attributes with a comma at their end, which the last one loses. */
export const jsonEncoding: Encoding = {
  contentType: 'application/json',
  attributes: (attributes) => Buffer.from(listed(attributes)),
  head: (name, kind) => Buffer.from(`"name":${JSON.stringify(name)},"kind":${kind},`),
  writeSpan,
  frame(source) {
    const [before, after] = framed('Spans', 'spans', source);
    return [Buffer.from(before), Buffer.from(after)];
  },
  metrics: (source, collected) =>
    Buffer.from(
      framed('Metrics', 'metrics', source).join(collected.histograms.map((one) => metric(one, collected)).join(',')),
    ),
};

function listed(attributes: Attributes): string {
  return attributes.map(([key, value]) => `{"key":${JSON.stringify(key)},"value":${anyValue(value)}},`).join('');
}

function anyValue(value: AttributeValue): string {
  if (value === true) return '{"boolValue":true}';
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  return typeof value === 'number' ? `{"doubleValue":${value}}` : `{"intValue":"${value.count}"}`;
}

function withoutComma(list: Buffer): string {
  return list.toString('utf8', 0, Math.max(0, list.length - 1));
}

/** A request before its list and after it. */
function framed(kind: string, items: string, { resource, scope, version }: Source): [before: string, after: string] {
  const attributes = withoutComma(Buffer.from(listed([...resource])));
  const scoped = `"scope":${JSON.stringify({ name: scope, version })},"${items}":[`;
  return [`{"resource${kind}":[{"resource":{"attributes":[${attributes}]},"scope${kind}":[{${scoped}`, ']}]}]}'];
}

function writeSpan(out: ByteWriter, span: SpanData): void {
  const { context, parent, link, head, shared, recorded } = span;
  const before =
    `{${idsOf(context, span.isParentRemote)},${parent === undefined ? '' : `"parentSpanId":"${parent.span.hex}",`}` +
    `"startTimeUnixNano":"${nanoseconds(span.startMs)}","endTimeUnixNano":"${nanoseconds(span.endMs)}",` +
    `${link === undefined ? '' : `"links":[{${idsOf(link, true)}}],`}` +
    `${span.isError ? `"status":{"code":${STATUS_ERROR}},` : ''}`;
  const own = listed(span.own);
  const more = head.length + shared.length + (recorded?.length ?? 0);
  out.reserve((before.length + own.length) * WIDEST + more + 64);
  if (!out.isEmpty) out.byte(COMMA);
  out.text(before);
  out.block(head);
  out.text('"attributes":[');
  out.block(shared);
  if (recorded !== undefined) out.block(recorded);
  // There is always an attribute of its own: the id of the request.
  out.text(own.slice(0, -1));
  out.text(']}');
}

function idsOf(context: SpanContext, isRemote: boolean): string {
  const { trace, span, tracestate } = context;
  const state = tracestate === '' ? '' : `,"traceState":${JSON.stringify(tracestate)}`;
  return `"traceId":"${trace.hex}","spanId":"${span.hex}"${state},"flags":${flagsOf(context, isRemote)}`;
}

function metric({ name, description, bounds, series }: HistogramData, collected: Collected): string {
  const points = series.map((one) => point(one, bounds, collected)).join(',');
  const histogram = `{"aggregationTemporality":${collected.temporality},"dataPoints":[${points}]}`;
  return `{${JSON.stringify({ name, description, unit: 's' }).slice(1, -1)},"histogram":${histogram}}`;
}

function point(series: SeriesData, bounds: readonly number[], { startMs, endMs }: Collected): string {
  const { attributes, count, sum, min, max, buckets } = series;
  const numbers = JSON.stringify({
    startTimeUnixNano: String(nanoseconds(startMs)),
    timeUnixNano: String(nanoseconds(endMs)),
    count: String(count),
    sum,
    bucketCounts: buckets.map(String),
    explicitBounds: bounds,
    min,
    max,
  });
  return `{${numbers.slice(1, -1)},"attributes":[${withoutComma(Buffer.from(attributes))}]}`;
}
