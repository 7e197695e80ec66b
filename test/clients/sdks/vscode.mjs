import { copyFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { npm } from '../install.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/vscode.mjs', import.meta.url));
const PACKAGE = '@codingame/monaco-vscode-mcp-service-override';

/** The MCP client of VS Code, in the package that has the editor's code for web pages. */
export const vscode = {
  name: 'VS Code client',
  async install() {
    const { dir, version } = await npm(PACKAGE);
    const program = path.join(dir, 'program.mjs');
    copyFileSync(PROGRAM, program);
    return { program, version };
  },
  start: ({ program, version }, plan) => ({
    command: process.execPath,
    args: [program, JSON.stringify({ ...plan, editor: version })],
  }),
};
