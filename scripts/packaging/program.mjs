/** The tree of commands, as the program builds it. */
import { loadSource } from '../load-source.mjs';

/** @returns the command of commander for the whole program. Nothing of it is run. */
export async function loadProgram() {
  const { program } = await loadSource({ program: 'src/cli/program.ts' });
  return program.createProgram(['node', 'agent-mcp-gateway', 'help']);
}
