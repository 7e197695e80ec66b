import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** The program under test. */
export const main: string = process.env.E2E_MAIN ?? path.join(root, 'dist/main.js');

/** The folder of `kept-code.cjs`. */
export const keptCode: string = path.join(root, 'node_modules/.cache/kept-code');

/** Arguments of Node that start it without compiling all of it again. */
export const program: readonly string[] = ['--require', path.join(root, 'test/support/kept-code.cjs'), main];

export function fixturePath(name: string): string {
  return path.join(root, 'test/fixtures', `${name}.mjs`);
}

/** An entry of the servers file that runs a fixture. */
export function fixture(name: string, env: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  return { command: process.execPath, args: [fixturePath(name)], env };
}

/** An entry that runs one of the reference servers, which are dev dependencies. */
export function npmServer(name: 'everything' | 'filesystem' | 'memory', ...args: string[]): Record<string, unknown> {
  const script = path.join(root, `node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
  return { command: process.execPath, args: [script, ...args] };
}
