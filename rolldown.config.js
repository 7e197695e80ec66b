import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/** The program and its guardian, with their dependencies inside; what a start does not need is split off and loaded when used. */
export default defineConfig({
  input: { main: 'src/main.ts', guardian: 'src/downstream/guardian-main.ts' },
  platform: 'node',
  // Native code, and optional: the program runs without it.
  external: ['@napi-rs/keyring'],
  // `main` of some packages is UMD, whose inner requires cannot be bundled.
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    {
      name: 'executable',
      writeBundle: ({ dir }) => chmodSync(join(dir, 'main.js'), 0o755),
    },
  ],
  transform: { target: 'node20.19' },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    cleanDir: true,
    sourcemap: false,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
  },
});
