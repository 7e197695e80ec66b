/** Manifests of Kubernetes: read, and compared with those of a version before. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { root } from '../support/paths.ts';

const labels = z.record(z.string(), z.string());
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const env = z.object({ name: z.string(), value: z.string().optional() });
const container = z.object({
  image: z.string(),
  env: z.array(env),
  envFrom: z.array(z.strictObject({ secretRef: z.object({ name: z.string() }) })).default([]),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  resources: z.object({ requests: labels, limits: labels }),
  securityContext: z.strictObject({
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});

/** A StatefulSet or Deployment as it must be here: parsing one finds what is missing. */
export const Workload = z.object({
  spec: z.object({
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.number().min(1),
          seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
        }),
        topologySpreadConstraints: z.array(z.object({ topologyKey: z.string() })).min(1),
        hostNetwork: z.undefined().optional(),
        hostPID: z.undefined().optional(),
        containers: z.tuple([container]),
        volumes: z.array(z.looseObject({ name: z.string(), hostPath: z.undefined().optional() })),
      }),
    }),
  }),
});

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The manifests of a file, by kind and name. */
export function readManifests(file: string): Map<string, Manifest> {
  return parseManifests(readFileSync(path.join(root, file), 'utf8'));
}

export function parseManifests(text: string): Map<string, Manifest> {
  const all = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
  return new Map(all.flatMap((one) => (one === null ? [] : [[`${one.kind} ${one.metadata.name}`, one]])));
}

export const WORKLOADS = ['StatefulSet', 'Deployment'];

/** Members of a specification that a cluster refuses to change. */
const FIXED: ReadonlyMap<string, readonly string[]> = new Map([
  ['StatefulSet', ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates']],
  ['Deployment', ['selector']],
  ['Service', ['clusterIP', 'selector']],
  ['PodDisruptionBudget', ['selector']],
]);

/** What an upgrade from one to the other would break: fields that cannot change, and names that others use. */
export function upgradeFaults(
  before: ReadonlyMap<string, Manifest>,
  after: ReadonlyMap<string, Manifest>,
): readonly string[] {
  const faults: string[] = [];
  for (const [key, { kind, spec }] of before) {
    const next = after.get(key);
    const fixed = FIXED.get(kind);
    if (next === undefined) faults.push(`${key} is gone`);
    for (const member of (next && fixed) ?? []) {
      const isSame = JSON.stringify(spec?.[member]) === JSON.stringify(next?.spec?.[member]);
      if (!isSame) faults.push(`${key}: ${member} is another one`);
    }
  }
  return faults;
}
