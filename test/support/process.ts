import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fixturePath, program } from './paths.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started program, its standard error kept. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stderr(): string;
  /** The first match in standard error, now or later; rejects when the program ends without it. */
  waitForStderr(pattern: RegExp, ms?: number): Promise<RegExpExecArray>;
  /** Sends a signal (nothing for null), waits for the end, and kills what does not end in `ms`. */
  stop(signal: NodeJS.Signals | null, ms?: number): Promise<Exit>;
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export function startGateway(args: readonly string[], options: RunOptions): Running {
  return start(process.execPath, [...program, ...args], options);
}

export function start(command: string, args: readonly string[], options: RunOptions): Running {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended = true;
      resolve({ code, signal });
      for (const listener of listeners) listener();
    });
  });
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    for (const listener of listeners) listener();
  });
  const running: Running = {
    child,
    pid: child.pid ?? -1,
    exited,
    stderr: () => stderr,
    waitForStderr(pattern, ms = 20_000) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(stderr);
          if (match !== null) done(() => resolve(match));
          else if (ended) done(() => reject(new Error(`Ended without ${pattern} in standard error:\n${stderr}`)));
        };
        const timer = setTimeout(() => done(() => reject(new Error(`No ${pattern} in time:\n${stderr}`))), ms);
        const done = (settle: () => void): void => {
          clearTimeout(timer);
          listeners.delete(check);
          settle();
        };
        listeners.add(check);
        check();
      });
    },
    async stop(signal, ms = 12_000) {
      if (!ended && signal !== null) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), ms);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
  return running;
}

interface ToItsEnd extends RunOptions {
  readonly input?: string;
  readonly ms?: number;
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the program to its end. */
export function runCli(args: readonly string[], options: ToItsEnd): Promise<Finished> {
  return runProgram(process.execPath, [...program, ...args], options);
}

/** Runs any program to its end. */
export async function runProgram(command: string, args: readonly string[], options: ToItsEnd): Promise<Finished> {
  const running = start(command, args, options);
  let stdout = '';
  running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  running.child.stdin?.end(options.input ?? '');
  const timer = setTimeout(() => running.child.kill('SIGKILL'), options.ms ?? 30_000);
  const { code } = await running.exited;
  clearTimeout(timer);
  return { code, stdout, stderr: running.stderr() };
}

/** Starts a fixture that writes its port to standard output, and gives the URL of its MCP endpoint. */
export async function startHttpFixture(
  name: 'conformance-server' | 'generated' | 'http-legacy' | 'http-modern' | 'matrix-server' | 'scripted',
  ...args: string[]
): Promise<{ url: string } & Running> {
  const running = start(process.execPath, [fixturePath(name), ...args], {
    env: { PATH: process.env.PATH ?? '' },
    cwd: process.cwd(),
  });
  const port = await new Promise<string>((resolve, reject) => {
    running.child.stdout?.setEncoding('utf8').once('data', (chunk: string) => resolve(chunk.trim()));
    void running.exited.then(() => reject(new Error(`${name} ended: ${running.stderr()}`)));
  });
  return { ...running, url: `http://127.0.0.1:${port}/mcp` };
}

/** Process ids whose environment names this home directory: everything that a gateway of that home started. Linux only. */
export function processesOf(homeDirectory: string): number[] {
  const found: number[] = [];
  if (process.platform !== 'linux') return found;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/environ`, 'utf8').includes(homeDirectory)) found.push(Number(entry));
    } catch {
      // Gone, or not ours.
    }
  }
  return found;
}

/** Sends a signal to one process. @throws Error where there is none: -1 would be all there are */
export function signalTo(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || !(Math.abs(pid) > 1)) throw new Error(`There is no process ${pid} to send ${signal} to.`);
  process.kill(pid, signal);
}

/** True while the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a condition holds that nothing announces, such as the content of a file. Milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** No process that a gateway of this home started survives it (docs/servers.md, Stop). */
export async function assertGone(homeDirectory: string): Promise<void> {
  const left = (): number[] => processesOf(homeDirectory).filter(isAlive);
  await until(() => left().length === 0, 'every process of the gateway is gone', 5_000);
}
