/** The tree of commands, as the program builds it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './names.mjs';

/** @returns the command of commander for the whole program. Nothing of it is run. */
export async function loadProgram() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'packaging-'));
  try {
    const bundle = await rolldown({
      input: { program: path.join(root, 'src/cli/program.ts') },
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
    const { createProgram } = createRequire(import.meta.url)(path.join(folder, 'program.cjs'));
    return createProgram(['node', 'agent-mcp-gateway', 'help']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
