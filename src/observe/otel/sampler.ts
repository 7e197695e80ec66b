/** Chooses the traces that are recorded: `OTEL_TRACES_SAMPLER`. */
import type { SpanContext, TraceId } from './trace-context.ts';

/** True for a trace that is recorded. @param parent undefined for the first span of a trace */
export type Sampler = (trace: TraceId, parent: SpanContext | undefined) => boolean;

const ROOTS: ReadonlyMap<string, (ratio: number) => Sampler> = new Map([
  ['always_on', () => () => true],
  ['always_off', () => () => false],
  ['traceidratio', (ratio: number) => (trace: TraceId) => partOf(trace.hex) < ratio],
]);

/** @returns undefined for a name that there is not. @param ratio from 0 to 1 */
export function samplerNamed(name: string, ratio: number): Sampler | undefined {
  const isBased = name.startsWith('parentbased_');
  const root = ROOTS.get(isBased ? name.slice('parentbased_'.length) : name)?.(ratio);
  if (root === undefined || !isBased) return root;
  return (trace, parent) => parent?.isSampled ?? root(trace, parent);
}

/** The place of a trace among all, from 0 to 1: its last 52 bits, which are random (W3C Trace Context, level 2). */
function partOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-13), 16) / 2 ** 52;
}
