import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noTimes } from './call-times.ts';
import { createHistogram, cumulative, merge, mergeSparse, observe, quantile, sparse } from './histogram.ts';
import { createMetrics, metricsReport, metricsText } from './metrics.ts';

const durations = fc.array(
  fc.oneof(fc.double({ min: 0.002, max: 50_000, noNaN: true }), fc.constantFrom(0.5, 1, 2, 60_000)),
  { minLength: 1, maxLength: 300 },
);

function exact(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? Number.NaN;
}

describe('histogram', () => {
  it('property: a quantile is within 5 % of the exact one, also after merging', () => {
    fc.assert(
      fc.property(durations, fc.nat(300), fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1), (values, cut, q) => {
        const first = createHistogram();
        const second = createHistogram();
        for (const [index, value] of values.entries()) observe(index < cut ? first : second, value);
        merge(first, second);
        const truth = exact(values, q);
        expect(Math.abs(quantile(first, q) - truth)).toBeLessThan(truth * 0.05);
        expect(first.count).toBe(values.length);
      }),
    );
  });

  const uniform = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const shapes = {
    'log-normal': (u: number, v: number) =>
      20 * Math.exp(2 * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)),
    exponential: (u: number) => -50 * Math.log(1 - u),
    'heavy tail': (u: number) => 0.2 / (1 - u) ** 2,
    'two humps': (u: number, v: number) => (u < 0.9 ? 0.3 + 0.1 * v : 900 + 200 * v),
    uniform: (u: number) => 10 + 5 * u,
    constant: () => 42.195,
  };
  it.each(Object.entries(shapes))(
    'property: %s: p50, p95 and p99 are within 5 % of the raw samples',
    (_name, shape) => {
      const samples = fc.array(fc.tuple(uniform, uniform), { minLength: 1, maxLength: 400 });
      fc.assert(
        fc.property(samples, (draws) => {
          const values = draws.map(([u, v]) => Math.min(86_400_000, Math.max(0.002, shape(u, v))));
          const histogram = createHistogram();
          for (const value of values) observe(histogram, value);
          const copy = createHistogram();
          mergeSparse(copy, sparse(histogram));
          for (const q of [0.5, 0.95, 0.99]) {
            expect(Math.abs(quantile(histogram, q) - exact(values, q))).toBeLessThan(exact(values, q) * 0.05);
            expect(quantile(copy, q)).toBe(quantile(histogram, q));
          }
        }),
      );
    },
  );

  it('property: what does not exceed a power of two is counted exactly, the bound itself too', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = createHistogram();
        for (const value of [...values, 0.25, 1, 64, 65_536]) observe(histogram, value);
        const counts = cumulative(histogram, -2, 16);
        for (const [at, count] of counts.entries()) {
          const bound = 2 ** (at - 2);
          expect(count).toBe([...values, 0.25, 1, 64, 65_536].filter((value) => value <= bound).length);
        }
      }),
    );
  });

  it('survives what is no duration', () => {
    const histogram = createHistogram();
    for (const odd of [Number.NaN, -5, 0, Number.POSITIVE_INFINITY, 1e300]) observe(histogram, odd);
    expect(histogram.count).toBe(5);
    expect(quantile(histogram, 0.5)).toBeLessThanOrEqual(0.001);
    expect(quantile(histogram, 1)).toBeGreaterThan(80_000_000);
    expect(quantile(createHistogram(), 0.5)).toBeNaN();
  });
});

describe('createMetrics', () => {
  it('reports per operation and per agent', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    for (let ms = 1; ms <= 100; ms++) metrics.record('execute_tool', 'researcher', ms, null);
    metrics.record('execute_tool', 'backend', 500, 'DENIED_BY_POLICY');
    metrics.record('list_servers', 'backend', 1, null);
    metrics.record('list_servers', '', 1, 'INVALID_AGENT_ID');
    const { operations, agents } = await metrics.json();
    expect(operations['execute_tool']).toMatchObject({ count: 101, errors: 1 });
    expect(operations['execute_tool']?.agents['researcher']).toMatchObject({ count: 100, errors: 0 });
    expect(operations['execute_tool']?.agents['researcher']?.p50).toBeCloseTo(50, -0.6);
    expect(operations['execute_tool']?.agents['researcher']?.p99).toBeCloseTo(99, -0.8);
    expect(agents['backend']).toMatchObject({ count: 2, errors: 1 });
    expect(agents['(none)']).toMatchObject({ count: 1, errors: 1 });
  });

  it('tells the parts of calls per server apart, and when the last one was', async () => {
    const metrics = createMetrics({ version: '1' });
    const now = performance.now();
    metrics.recordCall('files', now - 60_000, 100, { queue: 20, server: 70, people: 0 }, null);
    metrics.recordCall('files', now, 1000, { ...noTimes(), people: 990 }, 'TIMEOUT');
    const { servers } = await metrics.json();
    const { last_use, last_error_at, ...figures } = servers['files'] ?? { last_use: '' };
    expect(figures).toMatchObject({ calls: 2, errors: 1, last_error_code: 'TIMEOUT' });
    for (const [name, ms] of [
      ['p50_ms', 100],
      ['p95_ms', 1000],
      ['queue_p95_ms', 20],
      ['server_p95_ms', 70],
      ['gateway_p95_ms', 10],
    ] as const) {
      expect(Math.abs((figures as Record<string, number>)[name] ?? 0) / ms).toBeCloseTo(1, 1);
    }
    expect(Math.abs(Date.parse(last_use) - Date.now())).toBeLessThan(5000);
    expect(last_error_at).toBe(last_use);
    const text = await metrics.prometheus();
    expect(text).toContain('agent_mcp_gateway_call_queue_duration_seconds_bucket{le="0.032",server="files"} 2\n');
    expect(text).toContain('agent_mcp_gateway_call_server_duration_seconds_bucket{le="0.064",server="files"} 1\n');
    expect(text).toContain('agent_mcp_gateway_call_duration_seconds_sum{server="files"} 1.1\n');
    expect(text).toContain('agent_mcp_gateway_call_errors_total{server="files",code="TIMEOUT"} 1\n');
  });

  it('shows nobody the calls to servers that it may not know', async () => {
    const metrics = createMetrics({ version: '1' });
    for (const server of ['open', 'secret']) metrics.recordCall(server, 0, 1, noTimes(), 'TIMEOUT');
    metrics.record('execute_tool', 'boss', 1, null);
    const sight = { agents: ['dev'], servers: ['open'] };
    const seen = (await metrics.prometheus(sight)) + JSON.stringify(await metrics.json(sight));
    expect(seen).toContain('call_duration_seconds_count{server="open"} 1');
    expect(seen).not.toMatch(/secret|boss/);
  });

  it('takes any name as an ordinary one', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.record('__proto__', 'constructor', 1, null);
    expect(Object.keys((await metrics.json()).operations)).toEqual(['__proto__']);
  });

  it('stays bounded: names beyond the limit are counted as one', async () => {
    const metrics = createMetrics({ version: '1' });
    for (let n = 0; n < 5000; n++) metrics.record('execute_tool', `agent-${n}`, 1, null);
    for (let n = 0; n < 5000; n++) metrics.record(`operation-${n}`, 'a', 1, 'TIMEOUT');
    const { operations } = await metrics.json();
    expect(Object.keys(operations).length).toBeLessThanOrEqual(65);
    expect(Object.keys(operations['execute_tool']?.agents ?? {}).length).toBeLessThanOrEqual(513);
    expect(operations['execute_tool']?.agents['(other)']?.count).toBeGreaterThan(4000);
    expect(operations['execute_tool']?.count).toBe(5000);
    expect(operations['(other)']).toMatchObject({ count: 4937, errors: 4937 });
  });

  it('counts and reads what other layers define', async () => {
    const metrics = createMetrics({ version: '1' });
    const reloads = metrics.counter('config_reloads_total', 'Reloads.', ['result']);
    reloads.inc({ result: 'ok' });
    metrics.counter('config_reloads_total', 'Reloads.', ['result']).inc({ result: 'ok' });
    reloads.of({ result: 'ok' })(1);
    metrics.counter('audit_failures_total', 'Failures.');
    let sessions = 1;
    metrics.gauge('sessions', 'Sessions.', () => sessions);
    metrics.gauge('broken', 'Throws.', () => {
      throw new Error('no');
    });
    sessions = 7;
    const { values } = await metrics.json();
    expect(values).toMatchObject({
      'agent_mcp_gateway_config_reloads_total{result="ok"}': 3,
      agent_mcp_gateway_audit_failures_total: 0,
      agent_mcp_gateway_sessions: 7,
    });
    expect(Object.keys(values).join()).not.toContain('broken');
  });

  it('gives Prometheus text that a scraper can read', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.record('execute_tool', 'a"b\\c\nd', 12, 'TIMEOUT');
    const text = await metrics.prometheus();
    const labels = 'operation="execute_tool",agent="a\\"b\\\\c\\nd"';
    expect(text).toContain(`agent_mcp_gateway_operations_total{${labels}} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_errors_total{${labels},code="TIMEOUT"} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_milliseconds_count{${labels}} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_seconds_bucket{le="0.008",${labels}} 0\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_seconds_bucket{le="0.016",${labels}} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_seconds_bucket{le="+Inf",${labels}} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_seconds_sum{${labels}} 0.012\n`);
    expect(text).toMatch(/agent_mcp_gateway_operation_duration_milliseconds\{.*quantile="0.99"\} 1[12]\.\d+\n/);
    expect(text).toContain('agent_mcp_gateway_build_info{version="1.2.3"');
    expect(text).toContain('process_resident_memory_bytes');
    const sample =
      /^[a-z_][\w:]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:[-+]?[\d.]+(?:e[-+]?\d+)?|N[aA][nN]|[-+]Inf)$/;
    const odd = text.split('\n').filter((line) => line !== '' && !/^# (?:HELP|TYPE) /.test(line) && !sample.test(line));
    expect(odd).toEqual([]);
    const types = text.match(/^# TYPE \S+/gm) ?? [];
    expect(new Set(types).size).toBe(types.length);
  });
});

describe('several processes', () => {
  it('are added up, except for what they all say alike', async () => {
    const processes = [3, 5].map((calls) => {
      const metrics = createMetrics({ version: '1' });
      for (let call = 0; call < calls; call++)
        metrics.record('execute_tool', 'dev', calls, call === 0 ? 'TIMEOUT' : null);
      metrics.recordCall('files', performance.now(), calls, { queue: 0, server: calls, people: 0 }, null);
      metrics.counter('things_total', 'Things.', ['kind']).inc({ kind: 'x' }, calls);
      metrics.gauge('sessions', 'Sessions.', () => calls);
      metrics.gauge('servers_configured', 'Servers.', () => 7, 'max');
      return metrics;
    });
    const measures = await Promise.all(processes.map(({ measures: measure }) => measure()));
    const { operations, values } = await metricsReport(measures);
    expect(operations['execute_tool']).toMatchObject({ count: 8, errors: 2 });
    expect(operations['execute_tool']?.agents['dev']?.p99).toBeCloseTo(5, 0);
    expect(values).toMatchObject({
      'agent_mcp_gateway_things_total{kind="x"}': 8,
      agent_mcp_gateway_sessions: 8,
      agent_mcp_gateway_servers_configured: 7,
    });
    const text = await metricsText(measures);
    expect(text).toContain('agent_mcp_gateway_operations_total{operation="execute_tool",agent="dev"} 8\n');
    expect(text).toContain('agent_mcp_gateway_call_duration_seconds_bucket{le="0.004",server="files"} 1\n');
    expect(text).toContain('agent_mcp_gateway_call_duration_seconds_count{server="files"} 2\n');
    expect(text.match(/^# TYPE agent_mcp_gateway_sessions/gm)).toHaveLength(1);
    expect(text).toContain('process_resident_memory_bytes ');
  });
});
