import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { keptCode, main, root } from './paths.ts';

/** Forgets what was kept of programs before, and builds the program once when a source is newer than it. `E2E_MAIN` names a build that is used as it is. */
export function setup(): void {
  rmSync(keptCode, { recursive: true, force: true });
  if (process.env.E2E_MAIN !== undefined) return;
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  if (newest(path.join(root, 'src')) < built) return;
  const result = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
}

function newest(directory: string): number {
  let latest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || entry.name.endsWith('.test.ts')) continue;
    latest = Math.max(latest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}
