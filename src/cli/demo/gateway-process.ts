/** A gateway as a process of its own: the built program, as its users start it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { GatewayError } from '../../shared/errors.ts';

export interface Program {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /**
   * The first message of its log from now on that matches.
   * @throws GatewayError INTERNAL where it ends first, or says nothing of the kind for ten seconds.
   */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 10_000;

export function startProgram(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Program {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    process.execPath,
    [scriptOfThisProcess(), ...args],
    {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C reaches the demo alone, which then stops the gateway in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    },
  );
  const lines: string[] = [];
  const listeners = new Set<(message: string | undefined) => void>();
  const tell = (message: string | undefined): void => {
    for (const listener of [...listeners]) listener(message);
  };
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => lines.push(error.message));
    child.once('close', () => {
      tell(undefined);
      resolve();
    });
  });
  // A failed write to a program that is gone is no news: its end is.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    tell(messageOf(line));
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    says(pattern) {
      const said = new Promise<RegExpExecArray>((resolve, reject) => {
        const done = (): void => {
          clearTimeout(timer);
          listeners.delete(listener);
        };
        const refuse = (what: string): void => {
          done();
          reject(new GatewayError('INTERNAL', `A gateway of the demo ${what}. It said:\n${lines.join('\n')}`));
        };
        const listener = (message: string | undefined): void => {
          const match = message === undefined ? undefined : pattern.exec(message);
          if (message === undefined) refuse('ended early');
          if (!match) return;
          done();
          resolve(match);
        };
        const timer = setTimeout(() => refuse(`did not say ${pattern} in time`), PATIENCE_MS);
        listeners.add(listener);
        if (child.exitCode !== null) refuse('ended early');
      });
      // Whoever asked may fail for another reason first.
      said.catch(() => undefined);
      return said;
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Path of the built program. */
export function scriptOfThisProcess(): string {
  return process.argv[1] ?? '';
}

/** The log is JSON, one object per line, where stderr is no terminal. */
function messageOf(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === 'string' ? msg : '';
  } catch {
    return line;
  }
}
