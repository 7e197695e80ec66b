/** `undo`, `disconnect` and `uninstall`: what commands changed is taken back. */
import type { Command } from 'commander';
import { fail } from './output.ts';

export interface UndoFlags {
  readonly all?: boolean;
  readonly purge?: boolean;
  readonly yes?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

type Commands = typeof import('./setup/undo-run.ts');

async function run(work: (commands: Commands) => Promise<void>): Promise<void> {
  try {
    await work(await import('./setup/undo-run.ts'));
  } catch (error) {
    fail(error);
  }
}

const EXACT = `A file that nobody changed since gets the bytes that it had; in others only our
entries change.`;

/** Adds the command `disconnect`. */
export function registerDisconnect(program: Command): void {
  program
    .command('disconnect')
    .description('remove the gateway from the files of clients, and restore what was there')
    .argument('<client...>', 'e.g. cursor; or all')
    .option('--yes', 'do not ask')
    .option('--print', 'print what would be reverted and change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${EXACT}\n\nExample:\n  $ agent-mcp-gateway disconnect cursor`)
    .action((clients: string[], flags: UndoFlags) => run(({ disconnect }) => disconnect(clients, flags)));
}

/** Adds the command `undo`. */
export function registerUndo(program: Command): void {
  program
    .command('undo')
    .description('revert the changes of the last import, connect, add or setup')
    .option('--all', 'undo all changes, the last first')
    .option('--yes', 'do not ask')
    .option('--print', 'print what would be reverted and change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${EXACT}\n\nExample:\n  $ agent-mcp-gateway undo`)
    .action((flags: UndoFlags) => run(({ undoLast }) => undoLast(flags)));
}

/** Adds the command `uninstall`. */
export function registerUninstall(program: Command): void {
  program
    .command('uninstall')
    .description('undo everything, remove the caches of the gateway, and say what is left')
    .option('--purge', 'remove the audit log, stored sign-ins, secrets, servers and rules too')
    .option('--yes', 'do not ask')
    .option('--print', 'print what would be removed and change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${EXACT}\n\nExample:\n  $ agent-mcp-gateway uninstall`)
    .action((flags: UndoFlags) => run(({ uninstall }) => uninstall(flags)));
}
