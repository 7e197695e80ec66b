/** Builds one of the programs that are handed over as a text: the guardian, which outlives the gateway, and the bridge of sandboxes. */
import { rolldown } from 'rolldown';

/** @returns the program, which needs no other file */
export async function buildSingleFile(input) {
  const bundle = await rolldown({ input, platform: 'node', transform: { target: 'node20.19' } });
  const { output } = await bundle.generate({ format: 'cjs', minify: true });
  await bundle.close();
  const [{ code }] = output;
  return code;
}
