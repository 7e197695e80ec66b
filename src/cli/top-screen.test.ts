import { describe, expect, it } from 'vitest';
import { recordOf } from '../audit/fixtures.ts';
import type { LogRecord } from '../audit/query/log-record.ts';
import { type TopFigures, topLines } from './top-screen.ts';

const { shadow: _, ...record } = recordOf({ phase: 'finished', agent_id: 'a', server: 'files', tool: 'read' });
const call = (fields: Partial<LogRecord>): LogRecord => ({
  ...record,
  timestamp: '2026-01-01T10:00:00.000Z',
  ...fields,
});
const group = (name: string, calls: number) => ({
  ...{
    group: [name],
    calls,
    denied: 2,
    errors: 0,
    p50_ms: 1.5,
    p95_ms: 40,
    queue_p95_ms: 0,
    server_p95_ms: 1,
    gateway_p95_ms: 0.2,
    tokens: 5,
    last: '',
  },
});

const FIGURES: TopFigures = {
  at: '2026-01-01T10:00:05.000Z',
  gateways: 2,
  servers: [
    { name: 'idle', state: 'stopped' },
    { name: 'files', state: 'ready', waiting: 3 },
    { name: 'broken', state: 'failed-config', last_error: 'no such program' },
  ],
  byServer: [group('files', 25)],
  byAgent: [group('a', 25)],
  calls: [call({ decision: 'DENY', rule: 'default_deny' }), call({ latency_ms: 120 })],
};
const texts = (...size: [number, number?]): string[] => topLines(FIGURES, ...size).map(({ text }) => text);

describe('topLines', () => {
  it('says what is wrong first, then what is used most, then the last calls', () => {
    expect(texts(200)).toEqual([
      '2 gateways   1 of 3 servers ready   2.5 calls/min   2 denied, 0 failed in 10 min   10:00:05',
      '',
      'SERVER  STATE          CALLS  ERRORS  P50     P95    QUEUE  SERVING  GATEWAY  WAITING  LAST ERROR',
      'broken  failed-config                                                                  no such program',
      'files   ready          25             1.5 ms  40 ms  0 ms   1.0 ms   0.20 ms  3',
      'idle    stopped',
      '',
      'AGENT  CALLS/MIN  DENIED  FAILED',
      'a      2.5        2',
      '',
      'CALL            AGENT  SERVER  TOOL  TOOK',
      '10:00:00 DENY   a      files   read  1.5 ms  default_deny',
      '10:00:00 ALLOW  a      files   read  120 ms',
    ]);
  });

  it('keeps the last error in sight on a small terminal', () => {
    expect(texts(80).slice(2, 4)).toEqual([
      'SERVER  STATE          CALLS  ERRORS  P50     P95    WAITING  LAST ERROR',
      'broken  failed-config                                         no such program',
    ]);
  });

  it('fits whatever terminal there is', () => {
    for (const [width, height] of [
      [80, 24],
      [40, 12],
      [10, 3],
    ] as const) {
      const many: TopFigures = {
        ...FIGURES,
        servers: Array.from({ length: 200 }, (_, at) => ({
          name: `server-with-a-long-name-${at}`,
          state: 'ready' as const,
        })),
        calls: Array.from({ length: 100 }, () => call({})),
      };
      const lines = topLines(many, width, height);
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const { text } of lines) expect(text.length).toBeLessThanOrEqual(width);
    }
    expect(
      topLines({ ...FIGURES, servers: [], byAgent: [], byServer: [], calls: [], gateways: 0 }, 80, 24)[0]?.text,
    ).toMatch(/^0 gateways/);
  });
});
