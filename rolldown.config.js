import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';
import { bundledLicences } from './scripts/bundled.mjs';
import { withValues } from './scripts/exported-values.mjs';
import { buildSingleFile } from './scripts/single-file.mjs';
import { buildPage } from './scripts/ui-page.mjs';

/** The web page, which is no part of the program: it is read when somebody opens it. */
const { page, moduleIds } = await buildPage();

/** Programs that are handed over as texts. */
const guardian = await buildSingleFile('src/upstream/process/guardian-main.ts');
const bridge = await buildSingleFile('src/upstream/sandbox/bridge-main.ts');

/** The engine of programs of agents; its licence is found with the modules of its package. */
const quickjs = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');

/** The program, its workers and its threads, with their dependencies inside; what a start does not need is split off and loaded when used. */
export default defineConfig({
  input: {
    main: 'src/main.ts',
    worker: 'src/cluster/worker-main.ts',
    jobs: 'src/operations/results/jobs-main.ts',
    code: 'src/operations/code/code-main.ts',
    openapi: 'src/upstream/openapi/openapi-main.ts',
    ui: 'src/cli/ui-thread-main.ts',
  },
  platform: 'node',
  // Native code, and optional: the program runs without it.
  external: ['@napi-rs/keyring'],
  // `main` of some packages is UMD, whose inner requires cannot be bundled.
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    bundledLicences(moduleIds),
    {
      name: 'program',
      // Text of one byte per character is read faster and needs half of the memory.
      generateBundle: (_, bundle) => {
        const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
        for (const chunk of chunks) chunk.code = ascii(chunk.code);
        withValues(chunks);
      },
      writeBundle: ({ dir }) => {
        writeFileSync(join(dir, 'ui.html'), page);
        writeFileSync(join(dir, 'guardian.js'), ascii(guardian));
        writeFileSync(join(dir, 'bridge.js'), ascii(bridge));
        copyFileSync(quickjs, join(dir, 'quickjs.wasm'));
        for (const table of ['meaning.bin', 'near-words.bin'])
          copyFileSync(`src/catalog/meaning/${table}`, join(dir, table));
        writeFileSync(join(dir, 'package.json'), '{ "type": "commonjs" }\n');
        chmodSync(join(dir, 'main.js'), 0o755);
      },
    },
  ],
  transform: { target: 'node20.19' },
  // Which file each part is of would be read by each start.
  experimental: { attachDebugInfo: 'none' },
  output: {
    dir: 'dist',
    // Starts faster than ESM: files are loaded without waiting, and nothing of Node that is only imported is evaluated.
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    cleanDir: true,
    sourcemap: false,
    // A start would read them: they were an eighth of what it reads.
    comments: { jsdoc: false, annotation: false, legal: true },
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
  },
});

/** The same program in ASCII: what is not, stands in literals and comments, where it may be escaped. */
function ascii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
