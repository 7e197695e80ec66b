/** W3C Trace Context: where a span stands in its trace, and how that is written (https://www.w3.org/TR/trace-context/). */
import { randomBytes } from 'node:crypto';
import type { TraceParent } from '../tracing.ts';

/** The place of a span. It can be handed on as it is: as text it is needed only where it leaves the process. */
export class SpanContext implements TraceParent {
  /** 32 and 16 hexadecimal digits, in small letters. */
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  /** Empty for none. */
  readonly tracestate: string;

  constructor(traceId: string, spanId: string, isSampled: boolean, tracestate: string) {
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = isSampled;
    this.tracestate = tracestate;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.isSampled ? '01' : '00'}`;
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
  return new SpanContext(traceId, spanId, isSampled, state);
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

/** Random bytes are taken from the system in one go for many ids: here as hexadecimal digits. */
const POOL_BYTES = 4096;
let pool = '';
let taken = 0;

/** A random id as hexadecimal digits, never all zero. @param bytes 16 for a trace, 8 for a span */
export function randomId(bytes: 8 | 16): string {
  const digits = bytes * 2;
  if (taken + digits > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex');
    taken = 0;
  }
  const id = pool.slice(taken, taken + digits);
  taken += digits;
  return ZERO.test(id) ? randomId(bytes) : id;
}
