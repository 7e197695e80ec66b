/** Opens files that commands read. */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';

/** Places of what a shell hands over, such as `<(zcat audit.jsonl.gz)`: these have a writer. */
const HANDED_OVER = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/)/;

/** A named pipe is no file: whoever opens one waits for somebody to write into it. @throws what the system throws; ESPIPE for a pipe */
export function openToRead(path: string): number {
  if (!HANDED_OVER.test(path) && statSync(path).isFIFO())
    throw Object.assign(new Error(`ESPIPE: ${path} is a pipe`), { code: 'ESPIPE' });
  return openSync(path, 'r');
}

/** The text of a file. @throws as `openToRead` */
export function readToEnd(path: string): string {
  const fd = openToRead(path);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** The beginning of a sentence that ends with what is not read. @param code of the system's error */
export function whyNotRead(code: string): string {
  if (code === 'ENOENT') return 'There is no';
  return `Cannot read (${code === 'ESPIPE' ? 'it is a pipe, which keeps nothing' : code}) the`;
}
