/** OTLP as protobuf (opentelemetry/proto, trace/v1 and metrics/v1): the numbers are those of its fields. */
import type { Attributes, AttributeValue, Collected, Encoding, HistogramData, SeriesData, Source } from './encoding.ts';
import { nanoseconds } from './nanoseconds.ts';
import {
  bytesField,
  double,
  doubleField,
  fixed64,
  fixed64Field,
  lengthOf,
  textField,
  varintField,
} from './protobuf.ts';
import { writeSpan } from './protobuf-span.ts';

/** The number of `attributes` in spans and in points of histograms, and in resources. */
const ATTRIBUTES = 9;
const RESOURCE_ATTRIBUTES = 1;

export const protobufEncoding: Encoding = {
  contentType: 'application/x-protobuf',
  attributes: (attributes) => bytesOf(listed(ATTRIBUTES, attributes)),
  head: (name, kind) => bytesOf(textField(5, name) + varintField(6, kind)),
  writeSpan,
  frame: (source, length) => [bytesOf(begun(source, length)), NOTHING],
  metrics(source, collected) {
    const metrics = collected.histograms.map((one) => metric(one, collected)).join('');
    return bytesOf(begun(source, metrics.length) + metrics);
  },
};

const NOTHING = Buffer.alloc(0);

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function listed(field: number, attributes: Attributes): string {
  return attributes
    .map(([key, value]) => bytesField(field, textField(1, key) + bytesField(2, anyValue(value))))
    .join('');
}

function anyValue(value: AttributeValue): string {
  if (value === true) return varintField(2, 1);
  if (typeof value === 'string') return textField(1, value);
  return typeof value === 'number' ? doubleField(4, value) : varintField(3, value.count);
}

/** A request up to its spans or metrics. @param length of those, in bytes */
function begun({ resource, scope, version }: Source, length: number): string {
  const about = bytesField(1, textField(1, scope) + textField(2, version));
  const scoped = bytesField(1, listed(RESOURCE_ATTRIBUTES, [...resource])) + lengthOf(2, about.length + length) + about;
  return lengthOf(1, scoped.length + length) + scoped;
}

function metric({ name, description, bounds, series }: HistogramData, collected: Collected): string {
  const points = series.map((one) => bytesField(1, point(one, bounds, collected))).join('');
  const histogram = points + varintField(2, collected.temporality);
  const about = textField(1, name) + textField(2, description) + textField(3, 's');
  return bytesField(2, about + bytesField(9, histogram));
}

function point(series: SeriesData, bounds: readonly number[], { startMs, endMs }: Collected): string {
  return (
    fixed64Field(2, nanoseconds(startMs)) +
    fixed64Field(3, nanoseconds(endMs)) +
    fixed64Field(4, BigInt(series.count)) +
    doubleField(5, series.sum) +
    bytesField(6, series.buckets.map((count) => fixed64(BigInt(count))).join('')) +
    bytesField(7, bounds.map(double).join('')) +
    Buffer.from(series.attributes).toString('latin1') +
    doubleField(11, series.min) +
    doubleField(12, series.max)
  );
}
