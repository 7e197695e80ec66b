/** Several gateways of one user, and a refresh token that may be spent once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { buildProgram } from '../../shared/testing.ts';
import { FileCredentialStore } from './credential-store.ts';

const KEY = { issuer: 'https://id.example.com', resource: 'https://mcp.example.com/mcp', owner: '' };

/** A program that refreshes `count` times. */
function buildWorker(directory: string): Promise<string> {
  return buildProgram(directory, [
    `import { FileCredentialStore } from ${JSON.stringify(fileURLToPath(new URL('./credential-store.ts', import.meta.url)))};`,
    'const [dir, url, count] = process.argv.slice(2);',
    'const options = { dir, given: undefined, keychain: async () => undefined, onProblem: console.error };',
    'const store = new FileCredentialStore(options);',
    'for (let n = 0; n < Number(count); n++) {',
    `  await store.update(${JSON.stringify(KEY)}, async (stored) => {`,
    "    const answer = await fetch(url, { method: 'POST', body: stored.refresh });",
    '    return { refresh: await answer.text(), refreshes: stored.refreshes + 1 };',
    '  });',
    '}',
  ]);
}

it('spends each refresh token once and loses no change, though one of them is killed in the middle', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const dir = join(directory, 'credentials');
  const spent: string[] = [];
  let stuck: (() => void) | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    // The first one gets no answer, so that it holds the lock until it is killed. Its token is not spent.
    if (stuck !== undefined) return stuck();
    spent.push(Buffer.concat(chunks).toString());
    response.end(`token-${spent.length}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const store = new FileCredentialStore({
    dir,
    given: undefined,
    keychain: async () => undefined,
    onProblem: (message) => expect(message).toBe('no problem'),
  });
  await store.update(KEY, async () => ({ refresh: 'token-0', refreshes: 0 }));

  const program = await buildWorker(directory);
  const start = (count: number): ChildProcess => {
    const child = spawn(process.execPath, [program, dir, url, String(count)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const asked = new Promise<void>((resolve) => {
    stuck = resolve;
  });
  const killed = start(1);
  await asked;
  stuck = undefined;
  const children = [1, 2, 3, 4].map(() => start(20));
  const codes = Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  killed.kill('SIGKILL');
  expect(await codes).toEqual([0, 0, 0, 0]);

  expect(spent).toEqual(Array.from({ length: 80 }, (_, n) => `token-${n}`));
  expect(await store.read(KEY)).toEqual({ refresh: 'token-80', refreshes: 80 });
});
