/**
 * Finds every process that descends from one, also those that left its process group or lost their parent: by group, by
 * parent, and by the marker that all of them inherit (Linux; elsewhere the marker cannot be read).
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { MARKER } from './env.ts';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Distinguishes a process from a later one with the same id. */
  readonly started: string;
  readonly marker: string | undefined;
}

/** All live processes; zombies are dead. */
async function listProcesses(): Promise<ProcessInfo[]> {
  return process.platform === 'linux' ? listProc() : listPs();
}

async function listProc(): Promise<ProcessInfo[]> {
  const names = await readdir('/proc');
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProc));
  return found.filter((info) => info !== undefined);
}

async function readProc(name: string): Promise<ProcessInfo | undefined> {
  try {
    const stat = await readFile(`/proc/${name}/stat`, 'latin1');
    // proc(5): the second field is the command in parentheses and may hold anything; the third is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return {
      pid: Number(name),
      parent: Number(fields[1]),
      group: Number(fields[2]),
      started: fields[19] ?? '',
      marker: await readMarker(name),
    };
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
    const identity = started.join(' ');
    found.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      started: identity,
      marker: undefined,
    });
  }
  return found;
}

let running: Promise<ProcessInfo[]> | undefined;
let next: Promise<ProcessInfo[]> | undefined;

/** All live processes, read after the call was made; calls made together share one reading. */
function snapshot(): Promise<ProcessInfo[]> {
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
      return snapshot();
    });
  return next;
}

/** Which of `all` belong to the tree of `root`; `known` are members found earlier, which may have lost their parents. */
export function selectFamily(
  all: readonly ProcessInfo[],
  root: number,
  marker: string,
  known: ReadonlyMap<number, string>,
): ProcessInfo[] {
  const members = new Map<number, ProcessInfo>();
  const join = (info: ProcessInfo): void => {
    if (info.pid !== process.pid && info.pid > 1) members.set(info.pid, info);
  };
  for (const info of all) {
    if (info.group === root || info.marker === marker || known.get(info.pid) === info.started) join(info);
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const info of all) {
      if (members.has(info.pid) || !(info.parent === root || members.has(info.parent))) continue;
      join(info);
      grew = members.has(info.pid) || grew;
    }
  }
  return [...members.values()];
}

export interface Family {
  /** Looks again. @returns how many are alive. */
  refresh(): Promise<number>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Waits until nobody is left. @returns false when somebody still is after `ms`. */
  gone(ms: number): Promise<boolean>;
}

const POLL_MS = 30;

/** The tree of one process that we started as the leader of its own group. */
export function createFamily(root: number, marker: string): Family {
  const known = new Map<number, string>();
  let alive: ProcessInfo[] = [];

  const refresh = async (): Promise<number> => {
    alive = selectFamily(await snapshot(), root, marker, known);
    for (const info of alive) known.set(info.pid, info.started);
    return alive.length;
  };

  return {
    refresh,
    signal(signal) {
      for (const info of alive) send(info.pid, signal);
    },
    async gone(ms) {
      const until = Date.now() + ms;
      while ((await refresh()) > 0) {
        if (Date.now() >= until) return false;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return true;
    },
  };
}

/** Sends a signal; a process that is gone already is no error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM: it changed its user and is out of reach.
  }
}
