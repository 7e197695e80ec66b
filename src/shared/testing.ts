/** Helpers for tests of several layers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Makes a program of a few lines of TypeScript, for tests with several processes. @returns its path */
export async function buildProgram(directory: string, lines: readonly string[]): Promise<string> {
  const source = join(directory, 'program.ts');
  writeFileSync(source, lines.join('\n'));
  const bundle = await rolldown({ input: source, platform: 'node', external: ['@napi-rs/keyring'] });
  const file = join(directory, 'program.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}
