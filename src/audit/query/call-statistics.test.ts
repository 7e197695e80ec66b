import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf } from '../fixtures.ts';
import { callStatistics } from './call-statistics.ts';
import type { PastRecord } from './recent-calls.ts';

function past(fields: Partial<PastRecord>): PastRecord {
  const { shadow: _, ...record } = recordOf({ phase: 'finished' });
  return { ...record, timestamp: '2026-01-01T00:00:00.000Z', isOpen: false, ...fields };
}

describe('callStatistics', () => {
  it('tells medians and 95th percentiles to within 5 % of the raw samples', () => {
    const durations = fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(durations, (samples) => {
        const [counts] = callStatistics(
          samples.map((latency_ms) => past({ latency_ms })),
          'agent',
        );
        const sorted = samples.toSorted((one, other) => one - other);
        const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
        for (const [told, raw] of [
          [counts?.p50_ms, at(0.5)],
          [counts?.p95_ms, at(0.95)],
        ] as const) {
          expect(Math.abs((told ?? 0) - raw)).toBeLessThanOrEqual(0.05 * raw);
        }
      }),
    );
  });

  it('counts refusals that were recorded together one by one, by code and rule as far as those are known', () => {
    const folded = past({
      operation: 'refusals',
      decision: 'DENY',
      rule: null,
      error_code: null,
      detail: { count: 10, codes: { DENIED_BY_POLICY: 7, RATE_LIMITED: 3 }, rules: { default_deny: 6 } },
    });
    const counts = (by: 'code' | 'rule' | 'agent') =>
      callStatistics([folded], by).map(({ group, denied }) => [...group, denied]);
    expect(counts('code')).toEqual([
      ['DENIED_BY_POLICY', 7],
      ['RATE_LIMITED', 3],
    ]);
    expect(counts('rule')).toEqual([
      ['default_deny', 6],
      [null, 4],
    ]);
    expect(counts('agent')).toEqual([['researcher', 10]]);
  });

  it('does not count what is no call, and sorts days by date', () => {
    const records = [
      past({ timestamp: '2026-01-02T00:00:00.000Z' }),
      past({ timestamp: '2026-01-01T00:00:00.000Z' }),
      past({ timestamp: '2026-01-01T10:00:00.000Z', operation: 'log_continued' }),
      past({ timestamp: '2026-01-02T10:00:00.000Z' }),
    ];
    expect(callStatistics(records, 'day').map(({ group, calls }) => [...group, calls])).toEqual([
      ['2026-01-01', 1],
      ['2026-01-02', 2],
    ]);
  });
});
