import fc from 'fast-check';
import { expect, it } from 'vitest';
import { samplerNamed } from './sampler.ts';
import { randomId, readId, readTraceParent, SpanContext } from './trace-context.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((id) => /[^0]/.test(id));
const read = (traceparent: string, tracestate = '') => readTraceParent({ traceparent, tracestate });

it('reads what it writes', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
      const { traceparent } = new SpanContext(readId(traceId), readId(spanId), isSampled, '');
      const found = read(traceparent);
      expect([found?.trace.hex, found?.span.hex]).toEqual([traceId, spanId]);
      expect(found).toMatchObject({ isSampled, tracestate: '' });
    }),
  );
});

it('takes nothing else, and never throws', () => {
  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(read(good)).toBeDefined();
  expect(read(`cc${good.slice(2)}-what-comes-later`)).toBeDefined();
  for (const bad of [
    '',
    good.toUpperCase(),
    `ff${good.slice(2)}`,
    `${good}-more`,
    `cc${good.slice(2)}more`,
    good.slice(0, -1),
    good.replace(/[1-9a-f]/g, '0'),
    good.replace('b7ad6b7169203331', '0000000000000000'),
    good.replaceAll('-', '_'),
  ]) {
    expect(read(bad), bad).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => read(text) === undefined));
});

it('takes over a state that is one', () => {
  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(read(good, 'a=b,c=d')?.tracestate).toBe('a=b,c=d');
  expect(read(good, 'a=b\n')?.tracestate).toBe('');
  expect(read(good, 'x'.repeat(513))?.tracestate).toBe('');
});

it('makes ids that differ', () => {
  const ids = Array.from({ length: 5000 }, () => randomId(8).hex);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  expect(randomId(16).hex).toMatch(/^[0-9a-f]{32}$/);
});

it('samples the part of traces that it is told, and what a parent says', () => {
  const sampled = samplerNamed('traceidratio', 0.25);
  const part = Array.from({ length: 4000 }, () => sampled?.(randomId(16), undefined)).filter(Boolean).length / 4000;
  expect(part).toBeGreaterThan(0.2);
  expect(part).toBeLessThan(0.3);
  const parent = (isSampled: boolean) => new SpanContext(randomId(16), randomId(8), isSampled, '');
  const decisions = (name: string) =>
    [undefined, parent(true), parent(false)].map((from) => samplerNamed(name, 0)?.(randomId(16), from));
  expect(decisions('always_on')).toEqual([true, true, true]);
  expect(decisions('always_off')).toEqual([false, false, false]);
  expect(decisions('parentbased_always_on')).toEqual([true, true, false]);
  expect(decisions('parentbased_always_off')).toEqual([false, true, false]);
  expect(decisions('parentbased_traceidratio')).toEqual([false, true, false]);
  expect(samplerNamed('jaeger_remote', 1)).toBeUndefined();
});
