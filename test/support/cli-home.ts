/** A home with two servers and rules for the tests of commands in a file. */
import { afterAll, beforeAll } from 'vitest';
import { type Home, makeHome, servers } from './home.ts';
import { fixture } from './paths.ts';
import { assertGone, runCli } from './process.ts';

export const RULES = {
  agents: {
    default: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['fail', 'r*'] } } },
    backend: { allow: { servers: ['*'] } },
  },
};

export interface CliHome {
  readonly home: Home;
  /** Runs a command in it. */
  run(
    args: readonly string[],
    options?: { env?: Record<string, string>; input?: string; cwd?: string },
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Makes it before the tests of the file, and removes it after them, when nothing runs in it any more. */
export function useCliHome(): CliHome {
  let home: Home;
  beforeAll(() => {
    home = makeHome({
      servers: servers({ calc: { ...fixture('calc'), description: 'Adds.' }, other: fixture('calc') }),
      rules: RULES,
    });
  });
  afterAll(async () => {
    await assertGone(home.dir);
    home.remove();
  });
  return {
    get home() {
      return home;
    },
    run: (args, options = {}) =>
      runCli(args, {
        env: { ...home.env, ...options.env },
        cwd: options.cwd ?? home.cwd,
        ...(options.input === undefined ? {} : { input: options.input }),
      }),
  };
}
