/** The chart by the tools of Kubernetes: Helm, Kustomize and kubeconform, from their Go modules. Long: they are compiled first. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';
import { goTool, hasGo, kubernetesSchemas, operatorSchemas } from './go-tools.ts';
import { parseManifests, readManifests, upgradeFaults } from './kubernetes.ts';
import { isLong } from './package.ts';

const LIMIT_MS = 1_800_000;
const VERSIONS = ['1.29.0', '1.34.0', '1.37.0'];
const CHART = 'deploy/helm/agent-mcp-gateway';
/** The rendered file of each file of values. */
const VALUES: readonly (readonly [string, readonly string[]])[] = [
  ['defaults', []],
  ['store', ['--values', 'deploy/helm/values/store.yaml']],
  ['stdout', ['--values', 'deploy/helm/values/stdout.yaml']],
];

if (isLong && !hasGo)
  process.stderr.write('The tools of Kubernetes are left out here: there is no Go to compile them.\n');

function run(command: string, args: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', input });
  return { status, stdout, output: `${stdout}${stderr}` };
}

describe.skipIf(!isLong || !hasGo)('the tools of Kubernetes', () => {
  let helm: string;
  let kubeconform: string;
  beforeAll(() => {
    helm = goTool('helm.sh/helm/v3/cmd/helm@v3.22.0');
    kubeconform = goTool('github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0');
  }, LIMIT_MS);

  const render = (values: readonly string[], version = '1.34.0') =>
    run(helm, ['template', 'agent-mcp-gateway', CHART, '--namespace', 'mcp', '--kube-version', version, ...values]);
  const conform = (text: string, version: string) =>
    run(
      kubeconform,
      [
        ...['-strict', '-summary', '-output', 'json', '-kubernetes-version', version],
        ...['-schema-location', `${kubernetesSchemas(version)}/{{.ResourceKind}}{{.KindSuffix}}.json`],
        ...['-schema-location', `${operatorSchemas()}/{{.ResourceKind}}-{{.ResourceAPIVersion}}.json`],
      ],
      text,
    );

  it.each(VALUES)('lint finds nothing in %s', (_, values) => {
    expect(run(helm, ['lint', '--strict', CHART, ...values])).toMatchObject({ status: 0 });
  });

  it.each(VALUES)('%s is rendered as it is in deploy/rendered', (name, values) => {
    const { stdout } = render(values);
    const kept = readFileSync(path.join(root, `deploy/rendered/${name}.yaml`), 'utf8');
    expect(stdout.replace(/[ \t]+$/gm, '')).toBe(kept.slice(kept.indexOf('\n') + 1));
    const before = readManifests(`deploy/rendered/released/${name}.yaml`);
    expect(upgradeFaults(before, parseManifests(stdout))).toEqual([]);
  });

  it.each(VALUES.flatMap(([name, values]) => VERSIONS.map((version) => [name, version, values] as const)))(
    '%s is valid in Kubernetes %s',
    (_, version, values) => {
      const { output, stdout } = conform(render(values, version).stdout, version);
      const { resources, summary } = JSON.parse(stdout || output);
      expect(resources ?? []).toEqual([]);
      expect(summary).toMatchObject({ invalid: 0, errors: 0, skipped: 0 });
      expect(summary.valid).toBeGreaterThan(4);
    },
    LIMIT_MS,
  );

  it('brings the alerts and the dashboard', () => {
    const { stdout } = render(['--values', 'deploy/helm/values/monitoring.yaml']);
    expect(JSON.parse(conform(stdout, '1.34.0').stdout).summary).toMatchObject({ invalid: 0, errors: 0, skipped: 0 });
    const manifests = parseManifests(stdout);
    const rules = readFileSync(path.join(root, 'packaging/prometheus/agent-mcp-gateway.rules.yaml'), 'utf8');
    expect(manifests.get('PrometheusRule agent-mcp-gateway')?.spec).toEqual(parse(rules));
    const { data } = manifests.get('ConfigMap agent-mcp-gateway-dashboard') as { data?: Record<string, string> };
    const dashboard = readFileSync(path.join(root, 'packaging/grafana/agent-mcp-gateway.json'), 'utf8');
    expect(JSON.parse(data?.['agent-mcp-gateway.json'] ?? '')).toEqual(JSON.parse(dashboard));
  });

  it('finds what is not valid', () => {
    const { stdout } = conform(render([]).stdout.replace('serviceAccountName:', 'serviceAcountName:'), '1.34.0');
    expect(JSON.parse(stdout).summary).toMatchObject({ invalid: 1 });
  });

  it.each([
    ['a misspelt value', ['--set', 'replica=2']],
    ['the address of a store among the values', ['--set', 'env.GATEWAY_STORE=redis://:secret@host']],
    ['metrics without a token', ['--set', 'metrics.serviceMonitor=true']],
  ])('%s is refused', (_, args) => {
    expect(render(args).status).toBe(1);
  });

  it(
    'Kustomize builds its base',
    () => {
      const kustomize = goTool('sigs.k8s.io/kustomize/kustomize/v5@v5.7.1');
      const { status, stdout } = run(kustomize, ['build', 'deploy/kustomize/base']);
      expect(status).toBe(0);
      expect(parseManifests(stdout).has('ConfigMap agent-mcp-gateway')).toBe(true);
      expect(JSON.parse(conform(stdout, '1.34.0').stdout).summary).toMatchObject({ invalid: 0, errors: 0 });
    },
    LIMIT_MS,
  );
});
