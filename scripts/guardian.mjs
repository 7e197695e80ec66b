/** Builds the guardian: one file without any other, for it is kept as a text by a process that outlives the gateway. */
import { rolldown } from 'rolldown';

/** @returns its program */
export async function buildGuardian() {
  const bundle = await rolldown({
    input: 'src/upstream/process/guardian-main.ts',
    platform: 'node',
    transform: { target: 'node20.19' },
  });
  const { output } = await bundle.generate({ format: 'cjs', minify: true });
  await bundle.close();
  const [{ code }] = output;
  return code;
}
