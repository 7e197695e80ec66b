import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { count } from './count.ts';
import { print, printJson, say } from './output.ts';
import { openStatusLine } from './status-line.ts';
import { openWorkbench, type Tested } from './workbench.ts';

/** A start may take its budget, the handshake, and the wait for other starts. */
const TIMEOUT_MS = 600_000;

export async function warm(settings: Settings, json: boolean): Promise<void> {
  const bench = await openWorkbench(settings);
  const began = performance.now();
  const left = new Set([...bench.snapshot.servers.keys(), ...bench.snapshot.broken.keys()]);
  const total = left.size;
  const waiting = openStatusLine(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    return left.size === 0
      ? ''
      : `${total - left.size} of ${total} after ${seconds} s, waiting for ${[...left].join(', ')}`;
  });
  try {
    const one = async (name: string): Promise<object> => {
      const tested = await bench.test(name, TIMEOUT_MS);
      left.delete(name);
      waiting.clear();
      if (!json) (tested.status === 'error' ? say : print)(line(name, tested));
      if (tested.status === 'error') process.exitCode = 4;
      return { name, status: tested.status, ms: Math.round(tested.ms), error: tested.error?.message };
    };
    const results = await Promise.all([...left].map(one));
    if (json) printJson(results);
  } finally {
    waiting.close();
    await bench.close();
  }
}

function line(name: string, { status, ms, tools, error }: Tested): string {
  const seconds = (ms / 1000).toFixed(1);
  if (status === 'initialized') return `${name}: ready after ${seconds} s, ${count(tools?.count ?? 0, 'tool')}`;
  return `${name}: ${error?.message ?? status} (after ${seconds} s)`;
}
