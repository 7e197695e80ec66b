import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram, merge, observe, quantile } from './histogram.ts';
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
  it('reports per operation and per agent', () => {
    const metrics = createMetrics({ version: '1.2.3' });
    for (let ms = 1; ms <= 100; ms++) metrics.record('execute_tool', 'researcher', ms, null);
    metrics.record('execute_tool', 'backend', 500, 'DENIED_BY_POLICY');
    metrics.record('list_servers', 'backend', 1, null);
    metrics.record('list_servers', '', 1, 'INVALID_AGENT_ID');
    const { operations, agents } = metrics.json();
    expect(operations['execute_tool']).toMatchObject({ count: 101, errors: 1 });
    expect(operations['execute_tool']?.agents['researcher']).toMatchObject({ count: 100, errors: 0 });
    expect(operations['execute_tool']?.agents['researcher']?.p50).toBeCloseTo(50, -0.6);
    expect(operations['execute_tool']?.agents['researcher']?.p99).toBeCloseTo(99, -0.8);
    expect(agents['backend']).toMatchObject({ count: 2, errors: 1 });
    expect(agents['(none)']).toMatchObject({ count: 1, errors: 1 });
  });

  it('takes any name as an ordinary one', () => {
    const metrics = createMetrics({ version: '1' });
    metrics.record('__proto__', 'constructor', 1, null);
    expect(Object.keys(metrics.json().operations)).toEqual(['__proto__']);
  });

  it('stays bounded: names beyond the limit are counted as one', () => {
    const metrics = createMetrics({ version: '1' });
    for (let n = 0; n < 5000; n++) metrics.record('execute_tool', `agent-${n}`, 1, null);
    for (let n = 0; n < 5000; n++) metrics.record(`operation-${n}`, 'a', 1, 'TIMEOUT');
    const { operations } = metrics.json();
    expect(Object.keys(operations).length).toBeLessThanOrEqual(65);
    expect(Object.keys(operations['execute_tool']?.agents ?? {}).length).toBeLessThanOrEqual(513);
    expect(operations['execute_tool']?.agents['(other)']?.count).toBeGreaterThan(4000);
    expect(operations['execute_tool']?.count).toBe(5000);
    expect(operations['(other)']).toMatchObject({ count: 4937, errors: 4937 });
  });

  it('counts and reads what other layers define', () => {
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
    expect(metrics.json().values).toMatchObject({
      'agent_mcp_gateway_config_reloads_total{result="ok"}': 3,
      agent_mcp_gateway_audit_failures_total: 0,
      agent_mcp_gateway_sessions: 7,
    });
    expect(Object.keys(metrics.json().values).join()).not.toContain('broken');
  });

  it('gives Prometheus text that a scraper can read', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.record('execute_tool', 'a"b\\c\nd', 12, 'TIMEOUT');
    const text = await metrics.prometheus();
    const labels = 'operation="execute_tool",agent="a\\"b\\\\c\\nd"';
    expect(text).toContain(`agent_mcp_gateway_operations_total{${labels}} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_errors_total{${labels},code="TIMEOUT"} 1\n`);
    expect(text).toContain(`agent_mcp_gateway_operation_duration_milliseconds_count{${labels}} 1\n`);
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
      metrics.counter('things_total', 'Things.', ['kind']).inc({ kind: 'x' }, calls);
      metrics.gauge('sessions', 'Sessions.', () => calls);
      metrics.gauge('servers_configured', 'Servers.', () => 7, true);
      return metrics;
    });
    const measures = await Promise.all(processes.map(({ measures: measure }) => measure()));
    const { operations, values } = metricsReport(measures);
    expect(operations['execute_tool']).toMatchObject({ count: 8, errors: 2 });
    expect(operations['execute_tool']?.agents['dev']?.p99).toBeCloseTo(5, 0);
    expect(values).toMatchObject({
      'agent_mcp_gateway_things_total{kind="x"}': 8,
      agent_mcp_gateway_sessions: 8,
      agent_mcp_gateway_servers_configured: 7,
    });
    const text = await metricsText(measures);
    expect(text).toContain('agent_mcp_gateway_operations_total{operation="execute_tool",agent="dev"} 8\n');
    expect(text.match(/^# TYPE agent_mcp_gateway_sessions/gm)).toHaveLength(1);
    expect(text).toContain('process_resident_memory_bytes ');
  });
});
