/** W3C Trace Context: where a span stands in its trace, and how that is written (https://www.w3.org/TR/trace-context/). */
import { randomBytes } from 'node:crypto';
import type { TraceParent } from '../tracing.ts';

/** An id of a trace or a span. As text it is needed only where it leaves the process in text. */
export class TraceId {
  /** Bytes of many ids, and where this one begins. */
  readonly bytes: Uint8Array;
  readonly at: number;
  /** 16 of a trace, 8 of a span. */
  readonly size: number;
  readonly #digits: () => string;

  /** @param digits all of the bytes as hexadecimal digits, in small letters */
  constructor(bytes: Uint8Array, at: number, size: number, digits: () => string) {
    this.bytes = bytes;
    this.at = at;
    this.size = size;
    this.#digits = digits;
  }

  get hex(): string {
    return this.#digits().slice(2 * this.at, 2 * (this.at + this.size));
  }
}

/** @param hex hexadecimal digits, in small letters */
export function readId(hex: string): TraceId {
  return new TraceId(Buffer.from(hex, 'hex'), 0, hex.length / 2, () => hex);
}

/** The place of a span. It can be handed on as it is. */
export class SpanContext implements TraceParent {
  readonly trace: TraceId;
  readonly span: TraceId;
  readonly isSampled: boolean;
  /** Empty for none. */
  readonly tracestate: string;

  constructor(trace: TraceId, span: TraceId, isSampled: boolean, tracestate: string) {
    this.trace = trace;
    this.span = span;
    this.isSampled = isSampled;
    this.tracestate = tracestate;
  }

  get traceparent(): string {
    return `00-${this.trace.hex}-${this.span.hex}-${this.isSampled ? '01' : '00'}`;
  }
}

/** The places of the parts in the first version, which has 55 characters; later ones may have more. */
const TRACE_AT = 3;
const SPAN_AT = 36;
const FLAGS_AT = 53;
const LENGTH = 55;
const ZERO = /^0*$/;
/** Printable; commas and equals signs stand where its own grammar says, which nobody here reads. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
const SAMPLED = 1;
const DASH = 0x2d;

/** @returns undefined for what is no context */
export function readTraceParent(parent: TraceParent): SpanContext | undefined {
  if (parent instanceof SpanContext) return parent;
  const { traceparent, tracestate } = parent;
  if (!isWellFormed(traceparent)) return undefined;
  const traceId = traceparent.slice(TRACE_AT, SPAN_AT - 1);
  const spanId = traceparent.slice(SPAN_AT, FLAGS_AT - 1);
  if (ZERO.test(traceId) || ZERO.test(spanId)) return undefined;
  const isSampled = (Number.parseInt(traceparent.slice(FLAGS_AT, LENGTH), 16) & SAMPLED) !== 0;
  const state = tracestate !== '' && TRACESTATE.test(tracestate) ? tracestate : '';
  return new SpanContext(readId(traceId), readId(spanId), isSampled, state);
}

function isWellFormed(text: string): boolean {
  if (text.length < LENGTH || text.startsWith('ff')) return false;
  if (text.length > LENGTH && (text.startsWith('00') || text.charCodeAt(LENGTH) !== DASH)) return false;
  for (let at = 0; at < LENGTH; at++) {
    const code = text.charCodeAt(at);
    const isDash = at === TRACE_AT - 1 || at === SPAN_AT - 1 || at === FLAGS_AT - 1;
    const isDigit = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
    if (isDash ? code !== DASH : !isDigit) return false;
  }
  return true;
}

/** Bytes that are taken from the system in one go, for many ids. */
const POOL_BYTES = 4096;
let pool: Uint8Array = new Uint8Array(0);
let digits = (): string => '';
let taken = 0;

/** A random id, never all zero. @param size in bytes: 16 for a trace, 8 for a span */
export function randomId(size: 8 | 16): TraceId {
  if (taken + size > pool.length) renewPool();
  const at = taken;
  taken += size;
  for (let place = at; place < taken; place++) if (pool[place] !== 0) return new TraceId(pool, at, size, digits);
  return randomId(size);
}

function renewPool(): void {
  const bytes = randomBytes(POOL_BYTES);
  let text: string | undefined;
  pool = bytes;
  digits = () => {
    text ??= bytes.toString('hex');
    return text;
  };
  taken = 0;
}
