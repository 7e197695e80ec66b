/** The process of a stdio server: started without a shell as the leader of its own group, and stopped with its whole tree. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import type { StdioDefinition } from '../../config/snapshot.ts';
import { createDeferred } from '../../shared/deferred.ts';
import { within } from '../../shared/wait-for.ts';
import { childEnvironment } from './environment.ts';
import { processesNow, sendSignal } from './process-table.ts';
import { createFamily } from './process-tree.ts';

/** Milliseconds between the steps of a stop (docs/servers.md, Stop). */
const STEP_MS = 2000;

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Set when the process could not be started. */
  readonly error: NodeJS.ErrnoException | undefined;
}

export interface ServerProcess {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** The name of the container that it runs; undefined for none. */
  readonly container: string | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  /** Closes stdin, waits 2 s, SIGTERM to the tree, 2 s, SIGKILL. Resolves when nobody of the tree is left, or 2 s after that. */
  stop(): Promise<void>;
  /** SIGKILL to the group, at once; nothing where the tree is known to be gone. */
  kill(): void;
  /** Resolves after a stop that left nobody of the tree: never where the system could not end one in time. */
  readonly stopped: Promise<void>;
}

/** How the system starts a server: as its entry says, or in a sandbox. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads from the descriptor after those of stdio; undefined for no such descriptor. */
  readonly filter?: Buffer | undefined;
  /** The name of the container that it runs. */
  readonly container?: string | undefined;
}

/** The start of a program as its entry says. @param marker value that it and all its descendants carry in their environment. */
export function plainLaunch({ command, args, cwd, env }: StdioDefinition, marker: string): Launch {
  return { command, args, cwd, env: childEnvironment(env, marker) };
}

/**
 * Starts a server. Never throws: what goes wrong is in `exited`.
 * @param marker the value in its environment by which its descendants are known.
 * @param list all processes of this machine
 */
export function startProcess(
  { command, args, cwd, env, filter, container }: Launch,
  marker: string,
  stepMs: number = STEP_MS,
  list: typeof processesNow = processesNow,
): ServerProcess {
  const posix = process.platform !== 'win32';
  let child: ChildProcessWithoutNullStreams;
  try {
    const stdio: 'pipe'[] = filter === undefined ? ['pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe', 'pipe'];
    const options = { cwd, env, stdio, detached: posix, windowsHide: true };
    child = spawn(command, [...args], options) as ChildProcessWithoutNullStreams;
  } catch (error) {
    return neverStarted(Promise.resolve(error as NodeJS.ErrnoException));
  }
  // Without descriptors for its pipes it has none.
  if (child.stdin === undefined) return neverStarted(once(child, 'error').then(([error]) => error));
  handOver(child.stdio[3], filter);
  const { pid } = child;
  const family =
    pid === undefined ? undefined : createFamily({ roots: new Set([pid]), marked: (found) => found === marker }, list);
  let gone = false;
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => {
      gone = true;
      resolve({ code, signal, error: undefined });
    });
  });
  // A pipe that breaks is told by `exited`; without a listener it would end the gateway.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);

  /** @returns whether nobody is left */
  const killTree = async (): Promise<boolean> => {
    if (family === undefined || (await family.refresh()) === 0) return true;
    family.signal('SIGTERM');
    if (await family.gone(stepMs)) return true;
    family.signal('SIGKILL');
    return family.gone(stepMs);
  };

  /** @returns whether nobody is left, as far as that can be seen */
  const stop = async (): Promise<boolean> => {
    if (pid === undefined) return true;
    // While the parents live, children that leave the group can still be found through them.
    await family?.refresh();
    child.stdin.end();
    await within(exited, stepMs);
    const isGone = posix ? await killTree() : gone || (await taskkill(pid));
    child.stdout.destroy();
    child.stderr.destroy();
    return isGone;
  };

  let stopping: Promise<void> | undefined;
  let treeGone = pid === undefined;
  const stopped = createDeferred<void>();
  return {
    pid,
    container,
    stopped: stopped.promise,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    stop: () => {
      stopping ??= stop().then((isGone) => {
        treeGone = isGone;
        if (isGone) stopped.resolve();
      });
      return stopping;
    },
    kill: () => {
      if (pid !== undefined && !treeGone) sendSignal(posix ? -pid : pid, 'SIGKILL');
    },
  };
}

function handOver(stream: Readable | Writable | null | undefined, bytes: Buffer | undefined): void {
  if (bytes === undefined || !(stream instanceof Duplex)) return;
  stream.on('error', () => undefined);
  stream.end(bytes);
  // It says nothing: nobody waits for that.
  stream.resume();
}

/** Ends a process of Windows with its descendants. @returns whether it could */
function taskkill(pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const program = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true, stdio: 'ignore' });
    program.once('error', () => resolve(false));
    program.once('exit', (code) => resolve(code === 0));
  });
}

/** The stand-in for a process that the system did not start. */
function neverStarted(failure: Promise<NodeJS.ErrnoException>): ServerProcess {
  return {
    pid: undefined,
    container: undefined,
    // Takes what is sent until the failure is known.
    stdin: new PassThrough().resume(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exited: failure.then((error) => ({ code: null, signal: null, error })),
    stop: () => Promise.resolve(),
    kill: () => undefined,
    stopped: Promise.resolve(),
  };
}

/** Describes how a started process ended, going on from `Server "x" `. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `stopped by itself (exit status ${code}).` : `was stopped by the signal ${signal}.`;
}
