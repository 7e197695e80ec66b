import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { count } from './count.ts';
import { print, printJson, say } from './output.ts';
import { summaryOf, waitFor } from './waiting.ts';
import { openWorkbench, type Tested } from './workbench.ts';

/** A start may take its budget, the handshake, and the wait for other starts. */
const TIMEOUT_MS = 600_000;

export async function warm(settings: Settings, json: boolean): Promise<void> {
  const bench = await openWorkbench(settings);
  const names = [...bench.snapshot.servers.keys(), ...bench.snapshot.broken.keys()];
  const waiting = waitFor(names);
  let failures = 0;
  try {
    const one = async (name: string): Promise<object> => {
      const tested = await bench.test(name, TIMEOUT_MS);
      waiting.done(name);
      if (!json) (tested.status === 'error' ? say : print)(line(name, tested));
      if (tested.status === 'error') failures++;
      return { name, status: tested.status, ms: Math.round(tested.ms), error: tested.error?.message };
    };
    const results = await Promise.all(names.map(one));
    if (failures > 0) process.exitCode = 4;
    if (json) printJson(results);
    else say(...summaryOf('ready', names.length - failures, 'failed', failures));
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
