/** Bundles one TypeScript module of this project into a temporary folder and imports it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} path relative to the root of the project */
export async function load(path) {
  const bundle = await rolldown({ input: join(root, path), platform: 'node', logLevel: 'silent' });
  // Inside the project, so that what is not bundled is found.
  const dir = mkdtempSync(join(root, 'node_modules', '.bench-'));
  try {
    // One file: it is gone when a part of it would be loaded later.
    await bundle.write({ dir, format: 'esm', entryFileNames: 'bench.js', codeSplitting: false });
    return await import(pathToFileURL(join(dir, 'bench.js')).href);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
