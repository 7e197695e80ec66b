/** How the chart is rendered, and of what. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CHART } from '../packaging/chart.mjs';
import { NAME, root } from '../packaging/names.mjs';

/** Names of rendered files -> the file of `deploy/helm/values`; undefined for the defaults. */
export const RENDERED = new Map([
  ['defaults', undefined],
  ['store', 'store'],
  ['stdout', 'stdout'],
]);

/** The arguments of `helm`. */
export function renderArguments(values) {
  const more = values === undefined ? [] : ['--values', `deploy/helm/values/${values}.yaml`];
  return ['template', NAME, CHART, '--namespace', 'mcp', '--kube-version', '1.34.0', ...more];
}

/** Tells charts and values apart. Alerts and dashboard are no part of what is rendered here. */
export function chartDigest() {
  const hash = createHash('sha256');
  const names = readdirSync(path.join(root, 'deploy/helm'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((name) => !name.startsWith(`${CHART}/files/`))
    .sort();
  for (const name of names) hash.update(`${name}\n`).update(readFileSync(path.join(root, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Without what only Helm says. */
export function forKustomize(text) {
  return text
    .replace(/^ *helm\.sh\/chart:.*\n/gm, '')
    .replace(/^ *app\.kubernetes\.io\/managed-by:.*\n/gm, '')
    .replace(/^# Source:.*\n/gm, '');
}
