/** Many HTTP requests at once over few connections. */
import http from 'node:http';
import type { HttpReply } from './http.ts';

export interface Crowd {
  post(headers: Record<string, string>, body: string): Promise<HttpReply>;
  /** Runs a task for every item, so many at a time. */
  each<T>(items: readonly T[], task: (item: T, index: number) => Promise<void>): Promise<void>;
  close(): void;
}

export function makeCrowd(url: string, atOnce: number): Crowd {
  const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });
  return {
    post: (headers, body) =>
      new Promise((resolve, reject) => {
        const outgoing = http.request(url, { method: 'POST', agent, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    async each(items, task) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let at = next++; at < items.length; at = next++) {
          const item = items[at];
          if (item !== undefined) await task(item, at);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    },
    close: () => agent.destroy(),
  };
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
