/** The table of processes, with what tells whose they are. Kept free of other imports: the guardian is small. */
import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
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

/**
 * All live processes; zombies are dead.
 * @throws where they cannot be read, e.g. for want of a file descriptor: nobody is taken for gone then.
 */
async function listProcesses(): Promise<ProcessInfo[]> {
  if (process.platform !== 'linux') return listPs();
  try {
    return await listProc(AT_ONCE);
  } catch {
    // Others may need the descriptors: one is enough.
    return listProc(1);
  }
}

/** Processes read at one time: each takes a file descriptor. */
const AT_ONCE = 8;
/** `readFile` takes 64 KiB for each file whose size it is not told, which is megabytes for each look at all processes. */
const BUFFER_BYTES = 4096;

async function listProc(atOnce: number): Promise<ProcessInfo[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found: ProcessInfo[] = [];
  const readers = Array.from({ length: Math.min(atOnce, names.length) }, async () => {
    const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const info = await readProc(name, buffer);
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

async function readProc(name: string, buffer: Buffer): Promise<ProcessInfo | undefined> {
  const stat = await ofProcess(readText(`/proc/${name}/stat`, buffer));
  if (stat === undefined) return undefined;
  // proc(5): the second field is the command in parentheses and may hold anything; the third is the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const started = fields[19] ?? '';
  const pid = Number(name);
  const marker = unmarked.get(pid) === started ? undefined : await readMarker(name, buffer);
  return { pid, parent: Number(fields[1]), group: Number(fields[2]), started, marker };
}

/** Codes that say that a process has ended, or belongs to another user. */
const GONE_OR_FOREIGN: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/** @returns undefined where the process is gone or out of reach; every other failure says nothing about it. */
async function ofProcess<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (GONE_OR_FOREIGN.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function readMarker(name: string, buffer: Buffer): Promise<string | undefined> {
  const environ = await ofProcess(readText(`/proc/${name}/environ`, buffer));
  const prefix = `${MARKER}=`;
  return environ
    ?.split('\0')
    .find((variable) => variable.startsWith(prefix))
    ?.slice(prefix.length);
}

/** The whole file, as Latin-1. */
async function readText(path: string, buffer: Buffer): Promise<string> {
  const file = await open(path);
  try {
    let text = '';
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return text;
      text += buffer.toString('latin1', 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function listPs(): Promise<ProcessInfo[]> {
  const text = await new Promise<string>((resolve, reject) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
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

/** True if there is a process, or with a negative number a group, of this id. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Sends a signal; a process that is gone already is no error. Never to everybody, which is what -1 means to kill(2). */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  if (!(Math.abs(pid) > 1)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: gone. EPERM: it changed its user and is out of reach.
  }
}
