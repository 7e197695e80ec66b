/** The tools of all servers, asked for now. */
import type { Settings } from '../config/settings.ts';
import type { ToolsByServer } from '../policy/authoring/changed-decisions.ts';
import { count } from './count.ts';
import { say } from './output.ts';
import { openWorkbench } from './workbench.ts';

/** Milliseconds: a start may take its budget, and then the handshake and the listing. */
const TIMEOUT_MS = 180_000;

/** Starts every server for a moment, all at the same time, and says each when it is there. @throws as `openWorkbench` */
export async function liveTools(settings: Settings): Promise<ToolsByServer> {
  const bench = await openWorkbench(settings);
  try {
    const names = [...bench.snapshot.servers.keys(), ...bench.snapshot.broken.keys()].sort();
    const list = async (name: string): Promise<readonly [string, readonly string[] | undefined]> => {
      const { names: tools, error } = await bench.test(name, TIMEOUT_MS);
      say(`${name}: ${tools === undefined ? (error?.message ?? 'could not be listed') : count(tools.length, 'tool')}`);
      return [name, tools];
    };
    return new Map(await Promise.all(names.map(list)));
  } finally {
    await bench.close();
  }
}
