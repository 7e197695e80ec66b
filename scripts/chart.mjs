/**
 * Writes `deploy/rendered/` and `deploy/kustomize/base/gateway.yaml`: what the Helm chart makes of the files in `deploy/helm/values`. It needs
 * `helm` in PATH, or in HELM; that of its Go module will do. Tests read what is written, and find out where it is not current.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { chartDigest, forKustomize, RENDERED, renderArguments } from './chart/rendered.mjs';
import { root } from './packaging/names.mjs';

const header = `# What the chart ${chartDigest()} makes of its values. Change the chart, and run: npm run chart\n`;

function render(values) {
  const { status, stdout, stderr } = spawnSync(process.env.HELM ?? 'helm', renderArguments(values), {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`helm template failed: ${stderr}`);
  return stdout.replace(/[ \t]+$/gm, '');
}

for (const [name, values] of RENDERED) {
  writeFileSync(path.join(root, `deploy/rendered/${name}.yaml`), header + render(values));
}
writeFileSync(path.join(root, 'deploy/kustomize/base/gateway.yaml'), header + forKustomize(render('kustomize')));
