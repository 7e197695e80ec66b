/** Which processes there are, with what tells whose they are. Kept free of other imports: the guardian is small. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';

/** Environment variable that names the gateway and the start; every descendant inherits it. */
export const MARKER = 'AGENT_MCP_GATEWAY';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Distinguishes a process from a later one with the same id. */
  readonly started: string;
  /** Linux only: elsewhere the environment of another process cannot be read. */
  readonly marker: string | undefined;
}

/** All live processes; zombies are dead. */
async function listProcesses(): Promise<ProcessInfo[]> {
  return process.platform === 'linux' ? listProc() : listPs();
}

/** Processes read at one time: each takes a file descriptor, and fewer would take more turns of a busy event loop. */
const AT_ONCE = 128;

async function listProc(): Promise<ProcessInfo[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found: ProcessInfo[] = [];
  const readers = Array.from({ length: AT_ONCE }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const info = await readProc(name);
      if (info !== undefined) found.push(info);
    }
  });
  await Promise.all(readers);
  unmarked = new Map(found.flatMap(({ pid, started, marker }) => (marker === undefined ? [[pid, started]] : [])));
  return found;
}

/**
 * Processes without the marker, by when they started: they do not get it later, so most are looked at only once. One of ours
 * that was seen between fork and exec is the leader of a group that we know.
 */
let unmarked = new Map<number, string>();

async function readProc(name: string): Promise<ProcessInfo | undefined> {
  try {
    const stat = await readFile(`/proc/${name}/stat`, 'latin1');
    // proc(5): the second field is the command in parentheses and may hold anything; the third is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const started = fields[19] ?? '';
    const pid = Number(name);
    const marker = unmarked.get(pid) === started ? undefined : await readMarker(name);
    return { pid, parent: Number(fields[1]), group: Number(fields[2]), started, marker };
  } catch {
    return undefined;
  }
}

async function readMarker(name: string): Promise<string | undefined> {
  try {
    const environ = await readFile(`/proc/${name}/environ`, 'latin1');
    const prefix = `${MARKER}=`;
    return environ
      .split('\0')
      .find((variable) => variable.startsWith(prefix))
      ?.slice(prefix.length);
  } catch {
    // Another user's process, or gone.
    return undefined;
  }
}

async function listPs(): Promise<ProcessInfo[]> {
  const text = await new Promise<string>((resolve) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], (_error, stdout) => resolve(stdout));
  });
  const found: ProcessInfo[] = [];
  for (const line of text.split('\n')) {
    const [pid, parent, group, state, ...started] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) continue;
    found.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      started: started.join(' '),
      marker: undefined,
    });
  }
  return found;
}

let running: Promise<ProcessInfo[]> | undefined;
let next: Promise<ProcessInfo[]> | undefined;

/** All live processes, read after the call was made; calls made together share one reading. */
export function processesNow(): Promise<ProcessInfo[]> {
  if (running === undefined) {
    running = listProcesses().finally(() => {
      running = undefined;
    });
    return running;
  }
  next ??= running
    .catch(() => undefined)
    .then(() => {
      next = undefined;
      return processesNow();
    });
  return next;
}

/** Sends a signal; a process that is gone already is no error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM: it changed its user and is out of reach.
  }
}
