/** The files by which hooks reach a running gateway: a socket and its key, both readable by their owner only. */
import { join } from 'node:path';
import { LONGEST_PID, socketFolder } from './socket-folder.ts';

/** The folder of all gateways of this user. It depends on nothing that clients leave out of the environment. */
export function hookDirectory(cacheDir: string): string {
  return socketFolder(join(cacheDir, 'hooks'), `${LONGEST_PID}-${'0'.repeat(12)}.sock`);
}

/** The key that belongs to a socket. */
export function keyFileOf(socket: string): string {
  return socket.replace(/\.sock$/, '.key');
}
