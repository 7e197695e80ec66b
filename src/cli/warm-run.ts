import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { print, printJson, say } from './output.ts';
import { openWorkbench, type Tested } from './workbench.ts';

/** A start may take its budget, the handshake, and the wait for other starts. */
const TIMEOUT_MS = 600_000;

export async function warm(settings: Settings, json: boolean): Promise<void> {
  const bench = await openWorkbench(settings);
  try {
    const names = [...bench.snapshot.servers.keys(), ...bench.snapshot.broken.keys()];
    let left = names.length;
    const one = async (name: string): Promise<object> => {
      const tested = await bench.test(name, TIMEOUT_MS);
      left--;
      const rest = process.stderr.isTTY && left > 0 ? ` (${left} to go)` : '';
      if (!json) (tested.status === 'error' ? say : print)(`${line(name, tested)}${rest}`);
      if (tested.status === 'error') process.exitCode = 4;
      return { name, status: tested.status, ms: Math.round(tested.ms), error: tested.error?.message };
    };
    const results = await Promise.all(names.map(one));
    if (json) printJson(results);
  } finally {
    await bench.close();
  }
}

function line(name: string, { status, ms, tools, error }: Tested): string {
  const seconds = (ms / 1000).toFixed(1);
  if (status === 'initialized') return `${name}: ready after ${seconds} s, ${tools?.count ?? 0} tools`;
  return `${name}: ${error?.message ?? status} (after ${seconds} s)`;
}
