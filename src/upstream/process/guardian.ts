/**
 * Starts the guardian with the first child, keeps it informed, and replaces it when it dies before the gateway. While it waits it is a
 * shell, which needs a megabyte where Node needs forty; its program is started for what the gateway left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { builtProgram, programText, startedProgram } from '../../shared/built-files.ts';
import type { Log } from '../contract.ts';
import { dockerEnvironment } from './container.ts';
import { SHELL, WAIT } from './guardian-wait.ts';

/** Milliseconds between two starts. */
const AGAIN_MS = 1000;
/** It keeps a list of numbers: the least of V8 will do. */
const FLAGS = ['--max-old-space-size=16', '--max-semi-space-size=1', '--single-threaded', '--no-warnings'];

/** The guardian's program; undefined where there is none (tests of the sources). */
export function guardianScript(): string | undefined {
  return builtProgram('guardian.js');
}

export interface Guardian {
  /** A process was started as the leader of its own group, or a container by this name. */
  watch(started: number | string): void;
  /** Nobody of its tree is left. */
  forget(started: number | string): void;
}

/**
 * @param script the guardian's program; undefined for no guardian (Windows, tests of the sources).
 * @param gatewayId value that markers begin with, up to a full stop.
 */
export function createGuardian(script: string | undefined, gatewayId: string, log: Log): Guardian {
  const roots = new Set<number | string>();
  let child: ChildProcess | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;

  const tell = (line: string): void => {
    child?.stdin?.write(`${line}\n`);
  };

  const start = (): void => {
    if (script === undefined || child !== undefined || process.platform === 'win32') return;
    if (performance.now() - startedAt < AGAIN_MS) return;
    startedAt = performance.now();
    const made = spawnGuardian(script);
    child = made;
    made.stdin.on('error', () => undefined);
    const lost = (): void => {
      if (child !== made) return;
      child = undefined;
      log.warn({}, 'the guardian of the servers ended; another one is started');
      if (roots.size > 0) setTimeout(start, AGAIN_MS).unref();
    };
    made.once('error', lost);
    made.once('exit', lost);
    // The gateway may end while it lives; that is what it is for.
    made.unref();
    if ('unref' in made.stdin) (made.stdin as unknown as { unref(): void }).unref();
    tell(gatewayId);
    for (const started of roots) tell(`+${started}`);
  };

  return {
    watch(started) {
      const known = child;
      roots.add(started);
      start();
      if (child === known) tell(`+${started}`);
    },
    forget(started) {
      roots.delete(started);
      tell(`-${started}`);
    },
  };
}

/** Without the marker and in a session of its own: nothing that ends the gateway's processes shall end it. */
function spawnGuardian(script: string) {
  const { command, args, env } = existsSync(SHELL)
    ? {
        command: SHELL,
        args: ['-c', WAIT, 'guardian', process.execPath, ...FLAGS, '--eval', 'eval(process.env.GUARDIAN)'],
        // The text of its program, for the files may be others by then.
        env: { ...dockerEnvironment(), GUARDIAN: programText(script) },
      }
    : { command: process.execPath, args: [...FLAGS, startedProgram(script)], env: dockerEnvironment() };
  return spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/', env });
}
