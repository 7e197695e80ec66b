/** Modules of `src/` for scripts: Node.js 20 does not read TypeScript, so they are bundled first. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param files names -> paths from the root of the repository
 * @returns the same names -> what these modules export
 */
export async function loadSource(files) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-source-'));
  // Not before: what is imported later is loaded from there.
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, path.join(root, file)])),
    platform: 'node',
    external: ['@napi-rs/keyring'],
    resolve: { mainFields: ['module', 'main'] },
  });
  await bundle.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  });
  await bundle.close();
  const require = createRequire(import.meta.url);
  return Object.fromEntries(Object.keys(files).map((name) => [name, require(path.join(folder, `${name}.cjs`))]));
}
