/** Environment variables, as the program has them. */
import { loadSource } from '../load-source.mjs';

/** @returns a list of `{ name, default, meaning }`, in plain text; `default` is empty where there is none. */
export async function knownVariables() {
  const { variables } = await loadSource({ variables: 'src/config/setting-variables.ts' });
  return Object.entries(variables.VARIABLES).map(([name, { usual = '', meaning }]) => ({
    name,
    default: usual,
    meaning: meaning.replaceAll('`', ''),
  }));
}
