import { copyFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { npm } from '../install.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/typescript.mjs', import.meta.url));

function sdk(name, version, packages, modules) {
  return {
    name,
    async install() {
      const { dir, version: found } = await npm(...packages);
      const program = path.join(dir, 'program.mjs');
      copyFileSync(PROGRAM, program);
      return { program, version: found };
    },
    start: ({ program }, plan) => ({
      command: process.execPath,
      args: [program, JSON.stringify({ ...plan, version, modules })],
    }),
  };
}

const ONE = '@modelcontextprotocol/sdk/client';
const TWO = '@modelcontextprotocol/client';

export const typescript1 = sdk(
  'TypeScript SDK 1',
  1,
  ['@modelcontextprotocol/sdk'],
  [`${ONE}/index.js`, `${ONE}/streamableHttp.js`, `${ONE}/stdio.js`],
);
export const typescript2 = sdk('TypeScript SDK 2', 2, [TWO], [TWO, TWO, `${TWO}/stdio`]);
