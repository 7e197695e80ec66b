import { expect, it } from 'vitest';
import { readOtelSettings } from './otel-settings.ts';

const read = (env: Record<string, string>) =>
  readOtelSettings(
    env,
    new Map([
      ['service.name', 'gateway'],
      ['service.version', '1'],
    ]),
  );

it('sends nothing unless somebody says so', () => {
  expect(read({})).toMatchObject({ traces: undefined, metrics: undefined, problems: [] });
  expect(read({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }).traces).toBeUndefined();
  const traces = read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/x' });
  expect([traces.traces?.url.href, traces.metrics]).toEqual(['http://c:4318/x', undefined]);
  expect(read({ OTEL_METRICS_EXPORTER: 'otlp' }).metrics?.url.href).toBe('http://localhost:4318/v1/metrics');
});

it('reads addresses, headers and the rest as the specification has them', () => {
  const { traces, metrics, resource, problems } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/otlp/',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics.example:9',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'LowMemory',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_BSP_MAX_QUEUE_SIZE: '20',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%2Cb,service.name=other,service.version=2',
    OTEL_SERVICE_NAME: 'mine',
  });
  expect(problems).toEqual([]);
  expect(traces).toMatchObject({
    protocol: 'http/json',
    headers: { authorization: 'Bearer abc', x: '2' },
    timeoutMs: 500,
    isCompressed: true,
    ca: '/ca.pem',
    delayMs: 10,
    maxQueue: 20,
    maxBatch: 20,
  });
  expect(traces?.url.href).toBe('https://collector.example/otlp/v1/traces');
  expect(metrics).toMatchObject({
    protocol: 'http/protobuf',
    headers: { x: '1' },
    intervalMs: 1000,
    temporality: 'delta',
  });
  expect(metrics?.url.href).toBe('http://metrics.example:9/');
  expect(Object.fromEntries(resource)).toEqual({
    'service.name': 'mine',
    'service.version': '2',
    'deployment.environment.name': 'a,b',
  });
});

it('tells what it does not understand, without the value, and goes on', () => {
  const { traces, problems } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'jaeger_remote',
    OTEL_TRACES_SAMPLER_ARG: 'secret-value',
    OTEL_BSP_SCHEDULE_DELAY: 'secret-value',
    OTEL_EXPORTER_OTLP_HEADERS: 'secret-value',
    OTEL_TRACES_EXPORTER: 'otlp,zipkin',
  });
  expect(traces?.protocol).toBe('http/protobuf');
  expect(problems).toHaveLength(6);
  expect(problems.join()).not.toContain('secret-value');
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toMatchObject({
    traces: undefined,
    metrics: undefined,
  });
});
