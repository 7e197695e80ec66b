/** What is published, built into a folder: package, bundle, and the files that name them by hash. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { json } from './files.mjs';
import { formula } from './formula.mjs';
import { serverJson } from './manifests.mjs';
import { NAME, root, VERSION } from './names.mjs';
import { knownVariables } from './variables.mjs';

/** Of the tool that packs bundles. */
const MCPB = '@anthropic-ai/mcpb@2.1.2';

/** Needs a build. The bundle needs its tool, from the npm registry. */
export async function release(folder) {
  const out = path.resolve(folder);
  mkdirSync(out, { recursive: true });
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', out]);
  const bundle = path.join(out, `${NAME}-${VERSION}.mcpb`);
  const stage = stageBundle();
  try {
    run('npx', ['--yes', MCPB, 'pack', stage, bundle]);
  } finally {
    rmSync(stage, { recursive: true });
  }
  writeFileSync(path.join(out, `${NAME}.rb`), formula(sha256(path.join(out, `${NAME}-${VERSION}.tgz`))));
  const url = process.env.BUNDLE_URL;
  const published = url === undefined ? undefined : { url, sha256: sha256(bundle) };
  writeFileSync(path.join(out, 'server.json'), json(serverJson(await knownVariables(), published)));
}

/** The bundle as a folder, which the caller removes: its manifest, the program, and the licences. */
export function stageBundle() {
  const stage = mkdtempSync(path.join(os.tmpdir(), 'mcpb-'));
  copyFileSync(path.join(root, 'packaging/mcpb/manifest.json'), path.join(stage, 'manifest.json'));
  copyFileSync(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
  cpSync(path.join(root, 'dist'), path.join(stage, 'server'), { recursive: true });
  return stage;
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}.`);
}
