/** A terminal of 80 columns and 24 lines, as somebody sits in front of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { main } from './paths.ts';
import { until } from './process.ts';

export const HAS_TMUX: boolean = spawnSync('tmux', ['-V']).status === 0;

export interface Terminal {
  /** What is to be seen, with what scrolled away above it. */
  screen(): string;
  /** With the sequences for colours. */
  coloured(): string;
  /** Keys as tmux calls them: `Enter`, `C-c`, text. */
  press(...keys: string[]): void;
  /** Waits until something is to be seen. */
  sees(what: RegExp): Promise<void>;
  close(): void;
}

interface Where {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Runs a command of the program in a new terminal; `exit N` is written at its end. */
export function openTerminal(args: readonly string[], { env, cwd }: Where): Terminal {
  const socket = `gateway-${randomBytes(6).toString('hex')}`;
  const tmux = (...words: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], {
      encoding: 'utf8',
      env: { ...env, TERM: 'xterm' },
    });
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const variables = Object.entries(env).map(([name, value]) => quote(`${name}=${value}`));
  const command = [
    'env',
    '-i',
    ...variables,
    'TERM=screen',
    quote(process.execPath),
    quote(main),
    ...args.map(quote),
  ].join(' ');
  tmux('new-session', '-d', '-x', '80', '-y', '24', '-c', cwd, `${command}; echo exit $?; exec sleep 600`);
  const capture = (...more: string[]): string => tmux('capture-pane', '-p', '-S', '-200', ...more);
  return {
    screen: () => capture(),
    coloured: () => capture('-e'),
    press: (...keys) => void tmux('send-keys', ...keys),
    sees: async (what) => {
      try {
        await until(() => what.test(capture()), `${what} is to be seen`, 20_000);
      } catch (error) {
        throw new Error(`${String(error)}\n${capture()}`);
      }
    },
    close: () => void spawnSync('tmux', ['-L', socket, 'kill-server']),
  };
}
