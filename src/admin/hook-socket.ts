/** The local socket at which hooks say which agent a tool use comes from. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Attestations } from '../identity/attestations.ts';
import { hookDirectory, keyFileOf } from '../shared/hook-files.ts';
import { openSocketFolder } from '../shared/socket-folder.ts';

/** Bytes of one attestation at most. */
const MAX_LINE = 4096;
/** Milliseconds after which a hook that says nothing is cut off. */
const SILENCE_MS = 5_000;

export interface HookSocket {
  close(): Promise<void>;
}

/**
 * Listens in a folder that only this user can enter; each line is answered with `ok` or `no`.
 * @param name unlike that of any other gateway.
 * @throws as `openSocketFolder`; the error of listen(2)
 */
export async function openHookSocket(
  cacheDir: string,
  name: string,
  key: Buffer,
  attestations: Attestations,
): Promise<HookSocket> {
  const directory = hookDirectory(cacheDir);
  openSocketFolder(directory);
  const path = join(directory, `${process.pid}-${name}.sock`);
  await writeFile(keyFileOf(path), key.toString('hex'), { mode: 0o600, flag: 'wx' });
  const server = createServer((socket) => answer(socket, attestations));
  await listen(server, path);
  await chmod(path, 0o600);
  // Nothing waits for a hook: it must not keep the process alive.
  server.unref();
  return {
    async close() {
      await rm(keyFileOf(path), { force: true });
      // Removes the socket's file at once; a hook that is connected still gets its answer.
      server.close();
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function answer(socket: Socket, attestations: Attestations): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0 && text.length > MAX_LINE) socket.destroy();
    if (end < 0) return;
    socket.end(attestations.accept(text.slice(0, end)) ? 'ok\n' : 'no\n');
    socket.removeAllListeners('data');
  });
}
