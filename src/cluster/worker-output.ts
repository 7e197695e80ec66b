/** Fetches a server's output on stderr from the worker that has it. */
import type { ServerOutput } from '../upstream/contract.ts';
import type { PoolWorker } from './worker-pool.ts';

export interface Outputs {
  of(server: string, follow: boolean): Promise<ServerOutput | undefined>;
  /** A worker passes on what was written. */
  written(id: number, text: string): void;
}

/** @param memberOf the worker of a server */
export function followOutput(memberOf: (server: string) => PoolWorker | undefined): Outputs {
  const listeners = new Map<number, (text: string) => void>();
  let nextId = 1;
  return {
    async of(server, follow) {
      const channel = memberOf(server)?.channel;
      if (!follow) return outputOf(await channel?.ask('output', server));
      const id = nextId++;
      // Output that is written before somebody listens is not lost.
      let early = '';
      listeners.set(id, (text) => {
        early += text;
      });
      const text = await channel?.ask('follow', id, server);
      if (text === undefined) listeners.delete(id);
      return outputOf(text, (listener) => {
        if (early !== '') listener(early);
        listeners.set(id, listener);
        return () => {
          listeners.delete(id);
          channel?.tell('unfollow', id);
        };
      });
    },
    written: (id, text) => listeners.get(id)?.(text),
  };
}

function outputOf(text: string | undefined, follow: ServerOutput['follow'] = () => () => {}): ServerOutput | undefined {
  return text === undefined ? undefined : { text: () => text, follow };
}
