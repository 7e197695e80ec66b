/** Tools that come as Go modules, and schemas that come with a package of PyPI: installed once into node_modules. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { root } from '../support/paths.ts';

const FOLDER = path.join(root, 'node_modules/.chart-tools');
const GO = ['/usr/local/go/bin/go', '/usr/bin/go', 'go'].find((go) => spawnSync(go, ['version']).status === 0);
const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const CUSTOM = 'example/prometheus-operator-crd-full';
const SCHEMAS = 'kubernetes-validate==1.37.0';

/** What the chart has of Kubernetes itself. */
const KINDS =
  /^(?:configmap|deployment|horizontalpodautoscaler|ingress|networkpolicy|poddisruptionbudget|service|serviceaccount|statefulset)-(?:[a-z]+-)?v\d\.json$/;

/** True where tools can be installed. */
export const hasGo: boolean = GO !== undefined;

function succeed(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: FOLDER,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

/** @param module with its version @returns the program */
export function goTool(module: string): string {
  const name = /\/([a-z]+)(?:\/v\d+)?@/.exec(module)?.[1] ?? '';
  const program = path.join(FOLDER, name);
  if (existsSync(program)) return program;
  mkdirSync(FOLDER, { recursive: true });
  succeed(GO ?? 'go', ['install', module], { GOBIN: FOLDER, GOFLAGS: '-mod=mod' });
  return program;
}

/**
 * The folder of the schemas of one version of Kubernetes, as kubeconform looks for them: `deployment-apps-v1.json`. Each stands alone:
 * the package refers to its definitions by an address that only its own tool knows.
 */
export function kubernetesSchemas(version: string): string {
  const folder = path.join(FOLDER, `kubernetes-${version}`);
  if (existsSync(folder)) return folder;
  const installed = path.join(FOLDER, 'schemas');
  mkdirSync(FOLDER, { recursive: true });
  if (!existsSync(installed)) succeed('pip', ['install', '--quiet', '--no-deps', '--target', installed, SCHEMAS]);
  const source = path.join(installed, `kubernetes_validate/kubernetes-json-schema/v${version}-local-strict`);
  const read = (name: string): string =>
    readFileSync(path.join(source, name), 'utf8').replaceAll('"/api/_definitions.json#/', '"#/');
  const definitions = JSON.parse(read('_definitions.json')) as object;
  mkdirSync(folder);
  for (const name of readdirSync(source).filter((one) => KINDS.test(one))) {
    writeFileSync(path.join(folder, name), JSON.stringify({ ...definitions, ...JSON.parse(read(name)) }));
  }
  return folder;
}

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }[];
  };
}

/** The folder of the schemas of what the Prometheus operator adds, as kubeconform looks for them: `servicemonitor-v1.json`. */
export function operatorSchemas(): string {
  const folder = path.join(FOLDER, 'operator');
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const told = succeed(GO ?? 'go', ['mod', 'download', '-json', OPERATOR], { GOFLAGS: '-mod=mod' });
  const { Dir } = JSON.parse(told) as { Dir: string };
  mkdirSync(folder);
  for (const name of readdirSync(path.join(Dir, CUSTOM))) {
    if (!/(?:servicemonitors|prometheusrules)\.yaml$/.test(name)) continue;
    const { spec } = parse(readFileSync(path.join(Dir, CUSTOM, name), 'utf8')) as Definition;
    for (const { name: version, schema } of spec.versions) {
      const file = `${spec.names.kind.toLowerCase()}-${version}.json`;
      writeFileSync(path.join(folder, file), JSON.stringify(strict(schema.openAPIV3Schema)));
    }
  }
  return folder;
}

/** With an error for members that nobody knows, as the operator's own are kept. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]) => [name, strict(value)] as const);
  const isClosed =
    'properties' in schema &&
    !('additionalProperties' in schema) &&
    !('x-kubernetes-preserve-unknown-fields' in schema);
  return { ...Object.fromEntries(members), ...(isClosed ? { additionalProperties: false } : {}) };
}
