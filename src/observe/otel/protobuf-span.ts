/** One span as protobuf (opentelemetry/proto, trace/v1), written byte by byte, since every call has some: numbers in comments are those of fields. */
import type { ByteWriter } from './byte-writer.ts';
import { type AttributeValue, flagsOf, type SpanData, STATUS_ERROR } from './encoding.ts';
import type { SpanContext, TraceId } from './trace-context.ts';

/** Bytes of a span, at most, besides its texts and what is encoded already. */
const FRAME = 512;
/** Bytes of a character in UTF-8, at most, and of what stands around an attribute. */
const WIDEST = 3;
const AROUND = 32;

/** The first byte of a field: its number, and how its value is written. */
const TRACE_ID = 0x0a;
const SPAN_ID = 0x12;
const TRACE_STATE = 0x1a;
const PARENT_SPAN_ID = 0x22;
const START_TIME = 0x39;
const END_TIME = 0x41;
const ATTRIBUTE = 0x4a;
const LINK = 0x6a;
const STATUS = 0x7a;
/** Of an attribute and its value. */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
/** Characters with which the length of an attribute still fits into one byte, whatever its key. */
const SHORT = 64;
/** Fields from 16 on have two bytes. */
const FLAGS = [0x85, 0x01] as const;
const LINK_FLAGS = 0x35;

/** A field of the list of spans. */
export function writeSpan(out: ByteWriter, span: SpanData): void {
  const { context, parent, link, recorded } = span;
  out.reserve(roomFor(span));
  out.byte(SPAN_ID);
  const start = beginSized(out);
  writeIds(out, context);
  if (parent !== undefined) writeId(out, PARENT_SPAN_ID, parent.span);
  out.block(span.head);
  writeTime(out, START_TIME, span.startMs);
  writeTime(out, END_TIME, span.endMs);
  out.block(span.shared);
  if (recorded !== undefined) out.block(recorded);
  for (const [key, value] of span.own) writeAttribute(out, key, value);
  if (link !== undefined) writeLink(out, link);
  if (span.isError) {
    out.byte(STATUS);
    out.byte(2);
    out.byte(0x18);
    out.byte(STATUS_ERROR);
  }
  for (const byte of FLAGS) out.byte(byte);
  out.uint32(flagsOf(context, span.isParentRemote));
  out.sizeAt(start);
}

function roomFor({ context, link, head, shared, recorded, own }: SpanData): number {
  let room = FRAME + head.length + shared.length + (recorded?.length ?? 0);
  room += (context.tracestate.length + (link?.tracestate.length ?? 0)) * WIDEST;
  for (const [key, value] of own)
    room += AROUND + (key.length + (typeof value === 'string' ? value.length : 0)) * WIDEST;
  return room;
}

/** Leaves room for a length. */
function beginSized(out: ByteWriter): number {
  const start = out.length;
  out.length += 2;
  return start;
}

function writeIds(out: ByteWriter, { trace, span, tracestate }: SpanContext): void {
  writeId(out, TRACE_ID, trace);
  writeId(out, SPAN_ID, span);
  if (tracestate !== '') writeText(out, TRACE_STATE, tracestate);
}

function writeId(out: ByteWriter, field: number, { bytes, at, size }: TraceId): void {
  out.byte(field);
  out.byte(size);
  out.part(bytes, at, size);
}

function writeText(out: ByteWriter, field: number, text: string): void {
  out.byte(field);
  const start = beginSized(out);
  out.text(text);
  out.sizeAt(start);
}

function writeAttribute(out: ByteWriter, key: string, value: AttributeValue): void {
  const beginning = beginningWith(key);
  out.byte(ATTRIBUTE);
  // Nearly all are so short that their lengths are known before they are written.
  const after = out.length;
  if (typeof value === 'string' && value.length < SHORT) {
    out.byte(beginning.length + value.length + 3);
    out.block(beginning);
    out.byte(value.length + 2);
    out.byte(STRING_VALUE);
    out.byte(value.length);
    if (out.ascii(value)) return;
    out.length = after;
  }
  const start = beginSized(out);
  out.block(beginning);
  const inner = beginSized(out);
  if (typeof value === 'string') writeText(out, STRING_VALUE, value);
  else if (typeof value === 'number') {
    out.byte(DOUBLE_VALUE);
    out.double(value);
  } else {
    out.byte(value === true ? BOOL_VALUE : INT_VALUE);
    out.varint(value === true ? 1 : value.count);
  }
  out.sizeAt(inner);
  out.sizeAt(start);
}

/** Keys, which are few, as they stand at the beginning of an attribute, up to the length of its value. */
const beginnings = new Map<string, Uint8Array>();

function beginningWith(key: string): Uint8Array {
  const known = beginnings.get(key);
  if (known !== undefined) return known;
  const made = Buffer.from([KEY, key.length, ...Buffer.from(key), VALUE]);
  beginnings.set(key, made);
  return made;
}

function writeLink(out: ByteWriter, context: SpanContext): void {
  out.byte(LINK);
  const start = beginSized(out);
  writeIds(out, context);
  out.byte(LINK_FLAGS);
  out.uint32(flagsOf(context, true));
  out.sizeAt(start);
}

/** Nanoseconds since 1970 as 64 bits, of which numbers hold only 53: in two halves. */
function writeTime(out: ByteWriter, field: number, ms: number): void {
  const microseconds = Math.round(ms * 1000);
  const high = Math.floor(microseconds / 2 ** 32);
  const low = (microseconds % 2 ** 32) * 1000;
  out.byte(field);
  out.uint32(low % 2 ** 32);
  out.uint32(high * 1000 + Math.floor(low / 2 ** 32));
}
