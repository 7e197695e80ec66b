/** What the Helm chart makes of its values (deploy/rendered), and Kustomize's base: how the gateway runs in a cluster, and that an upgrade is one. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { type Manifest, readManifests, upgradeFaults, WORKLOADS, Workload } from './kubernetes.ts';

const text = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const { version } = JSON.parse(text('package.json')) as { version: string };
const { chartDigest } = (await import(path.join(root, 'scripts/chart/rendered.mjs'))) as {
  chartDigest: () => string;
};

const RENDERED = readdirSync(path.join(root, 'deploy/rendered')).filter((name) => name.endsWith('.yaml'));
const FILES = [...RENDERED.map((name) => `deploy/rendered/${name}`), 'deploy/kustomize/base/gateway.yaml'];
const VARIABLES = new Set([...text('docs/reference/variables.md').matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
/** Variables of the manifests themselves, and of OpenTelemetry. */
const OTHERS = /^(?:POD_IP|OTEL_[A-Z_]+)$/;
/** Seconds that calls and servers get once the delay is over (docs/operations.md, Stop). */
const STOP_SECONDS = 25;

it.each(FILES)('%s is what the chart makes', (file) => {
  expect(text(file).split('\n', 1)[0]).toContain(`the chart ${chartDigest()} makes`);
});

it.each(FILES)('%s runs it without rights, within bounds, with probes that there are', (file) => {
  const all = [...readManifests(file).values()];
  const workloads = all.filter(({ kind }) => WORKLOADS.includes(kind));
  expect(workloads).toHaveLength(1);
  const { spec } = Workload.parse(workloads[0]);
  const pod = spec.template.spec;
  const [{ image, env, resources, startupProbe, livenessProbe, readinessProbe, volumeMounts }] = pod.containers;
  expect(image).toMatch(new RegExp(`(?::${version.replaceAll('.', '\\.')}|@sha256:[0-9a-f]{64})$`));
  expect(Object.keys(resources.limits)).toEqual(expect.arrayContaining(['cpu', 'memory']));
  expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
    '/health',
    '/health',
    '/ready',
  ]);
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  expect(env.map(({ name }) => name).filter((name) => !VARIABLES.has(name) && !OTHERS.test(name))).toEqual([]);
  const delay = Number(env.find(({ name }) => name === 'GATEWAY_STOP_DELAY_SECONDS')?.value);
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(delay + STOP_SECONDS);
  // Its root file system is read-only: it writes where a volume is.
  expect(volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual([
    '/data',
    '/tmp',
  ]);
});

it.each(FILES)('%s lets in and out what is listed, and keeps replicas while nodes go', (file) => {
  const all = [...readManifests(file).values()];
  const one = (kind: string): Manifest | undefined => all.find((manifest) => manifest.kind === kind);
  const pods = Workload.parse(all.find(({ kind }) => WORKLOADS.includes(kind))).spec.selector.matchLabels;
  const policy = one('NetworkPolicy')?.spec;
  expect(policy).toMatchObject({ podSelector: { matchLabels: pods }, policyTypes: ['Ingress', 'Egress'] });
  expect(JSON.stringify(policy)).toContain('169.254.0.0/16');
  expect(one('PodDisruptionBudget')?.spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: pods } });
  expect(one('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
});

it.each(FILES)('%s has no secret in it', (file) => {
  const manifests = readManifests(file);
  expect([...manifests.values()].map(({ kind }) => kind)).not.toContain('Secret');
  const secrets = /^(?:GATEWAY_STORE|GATEWAY_STATE_KEY|GATEWAY_SECRET_KEY)$|TOKEN|PASSWORD/;
  const workload = Workload.parse([...manifests.values()].find(({ kind }) => WORKLOADS.includes(kind)));
  const [{ env }] = workload.spec.template.spec.containers;
  expect(env.map(({ name }) => name).filter((name) => secrets.test(name))).toEqual([]);
});

it('scales on what is in flight, and watches with a token', () => {
  const manifests = readManifests('deploy/rendered/store.yaml');
  expect(manifests.get('HorizontalPodAutoscaler agent-mcp-gateway')?.spec).toMatchObject({
    scaleTargetRef: { kind: 'StatefulSet', name: 'agent-mcp-gateway' },
    metrics: [{ pods: { metric: { name: 'agent_mcp_gateway_calls_in_flight' } } }, { type: 'Resource' }],
  });
  expect(manifests.get('StatefulSet agent-mcp-gateway')?.spec).not.toHaveProperty('replicas');
  expect(manifests.get('ServiceMonitor agent-mcp-gateway')?.spec).toMatchObject({
    jobLabel: 'app.kubernetes.io/name',
    endpoints: [{ path: '/metrics', authorization: { credentials: { name: 'gateway-metrics', key: 'token' } } }],
  });
});

it.each(RENDERED)('%s: an upgrade from the version before changes nothing that cannot change', (name) => {
  const before = readManifests(`deploy/rendered/released/${name}`);
  expect(upgradeFaults(before, readManifests(`deploy/rendered/${name}`))).toEqual([]);
});

it('finds what an upgrade would break', () => {
  const before = readManifests('deploy/rendered/defaults.yaml');
  const after = new Map(before);
  const key = 'StatefulSet agent-mcp-gateway';
  const workload = before.get(key) as Manifest;
  after.set(key, { ...workload, spec: { ...workload.spec, selector: {}, serviceName: 'other', replicas: 9 } });
  after.delete('Service agent-mcp-gateway');
  expect(upgradeFaults(before, after)).toEqual([
    'Service agent-mcp-gateway is gone',
    `${key}: selector is another one`,
    `${key}: serviceName is another one`,
  ]);
});
