/** A caller that makes a small call every few milliseconds, in a process of its own. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { HttpGateway } from '../support/gateway.ts';
import { TOKEN } from '../support/home.ts';
import { MODERN } from '../support/rpc.ts';

const modestPath = fileURLToPath(new URL('fixtures/modest.mjs', import.meta.url));

/** Calls all the time until told to stop. @returns tells it, and gives how long each call took */
export function beModest({ url }: HttpGateway): () => Promise<{ readonly times: number[]; readonly wrong: string[] }> {
  const child = spawn(process.execPath, [modestPath, url, TOKEN, MODERN], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = text(child.stdout);
  return async () => {
    child.stdin.end();
    return JSON.parse(await said);
  };
}
