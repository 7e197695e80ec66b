/** What a Node process holds, asked over its inspector. */
import { WebSocket } from 'undici';

/** In MiB. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

export interface Inspector {
  /** Collects the garbage first: what is resident then is what is held, and not when V8 last tidied up. */
  memory(): Promise<Memory>;
  /** Writes a heap snapshot; the process stops meanwhile and needs much memory for it. */
  snapshot(write: (chunk: string) => void): Promise<void>;
  /** A process does not end while somebody is attached to its inspector: close it first. */
  close(): Promise<void>;
}

interface Told {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

const USAGE = 'JSON.stringify(process.memoryUsage())';

/** @param url as the process tells it on stderr */
export async function openInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (told: Told) => void>();
  let takeChunk: (chunk: string) => void = () => undefined;
  let next = 1;
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  socket.addEventListener('message', (event) => {
    const told = JSON.parse(String(event.data)) as Told;
    if (told.id !== undefined) waiting.get(told.id)?.(told);
    else if (told.method === 'HeapProfiler.addHeapSnapshotChunk') takeChunk(told.params?.chunk ?? '');
  });
  const ask = async (method: string, params: object = {}): Promise<Told> => {
    const id = next++;
    const told = await new Promise<Told>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
    waiting.delete(id);
    if (told.error !== undefined) throw new Error(`${method}: ${told.error.message}`);
    return told;
  };
  return {
    async memory() {
      await ask('HeapProfiler.collectGarbage');
      const told = await ask('Runtime.evaluate', { expression: USAGE });
      const bytes = JSON.parse(String(told.result?.result?.value)) as Memory;
      const mib = (value: number): number => value / 1024 / 1024;
      return { rss: mib(bytes.rss), heapUsed: mib(bytes.heapUsed), external: mib(bytes.external) };
    },
    async snapshot(write) {
      takeChunk = write;
      await ask('HeapProfiler.takeHeapSnapshot');
    },
    close: () =>
      new Promise((resolve) => {
        socket.addEventListener('close', () => resolve());
        socket.close();
      }),
  };
}
