import { describe, expect, it } from 'vitest';
import { HourFigures } from './hour-figures.ts';

const NOW = Date.parse('2026-11-30T12:00:30.000Z');
const call = (secondsAgo: number, more: object = {}) => ({
  timestamp: new Date(NOW - secondsAgo * 1000).toISOString(),
  operation: 'execute_tool',
  decision: 'ALLOW',
  server: 'files',
  latency_ms: 10,
  ...more,
});

describe('HourFigures', () => {
  it('counts by minute and by server, and durations of what was let through', () => {
    const figures = new HourFigures(NOW);
    figures.add(call(0));
    figures.add(call(59, { latency_ms: 1000, decision: 'ERROR' }));
    figures.add(call(1, { decision: 'DENY', server: null, latency_ms: 0 }));
    figures.add(call(2, { operation: 'refusals', decision: 'DENY', detail: { count: 7 } }));
    figures.add(call(3, { operation: 'definitions_changed' }));
    const { minutes, servers } = figures.at(NOW);
    expect(minutes).toHaveLength(60);
    expect(minutes.at(-1)).toEqual({ calls: 9, denied: 8, errors: 0 });
    expect(minutes.at(-2)).toEqual({ calls: 1, denied: 0, errors: 1 });
    expect(servers.find(({ server }) => server === 'files')).toMatchObject({
      calls: 9,
      denied: 7,
      errors: 1,
      p50_ms: expect.closeTo(10, 0),
    });
    expect(servers.find(({ server }) => server === null)).toMatchObject({ calls: 1, denied: 1, p50_ms: null });
  });

  it('forgets what is older than an hour', () => {
    const figures = new HourFigures(NOW);
    figures.add(call(0));
    expect(figures.at(NOW + 59 * 60_000).servers).toHaveLength(1);
    expect(figures.at(NOW + 60 * 60_000)).toMatchObject({ servers: [], since: '2026-11-30T12:01:00.000Z' });
  });

  it('says from when on it counted', () => {
    const figures = new HourFigures(NOW);
    expect(figures.at(NOW).since).toBe('2026-11-30T11:01:00.000Z');
    figures.reachesTo(NOW - 60_000);
    expect(figures.at(NOW).since).toBe('2026-11-30T11:59:30.000Z');
  });
});
