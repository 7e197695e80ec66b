/** `flow`: what agents carry, and taking it back. */
import type { Command } from 'commander';
import { settingsFrom } from './flags.ts';
import { fail } from './output.ts';

export interface FlowFlags {
  readonly json?: boolean;
  readonly agent?: string;
  readonly caller?: string;
  readonly label?: string;
}

export interface ResetFlags extends FlowFlags {
  readonly all?: boolean;
}

/** Adds the command `flow`. */
export function registerFlow(program: Command): void {
  const flow = program.command('flow').description('what agents have touched, for the rules under "flow"');
  chosen(flow.command('show'))
    .description('say who carries which label, since when, and by which call')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Agents that nothing but their own word tells apart are shown together. A label
counts in the session that touched it, and outside of it for as long as
"window_s" of the rule says.

Example:
  $ agent-mcp-gateway flow show`,
    )
    .action((flags: FlowFlags) => run(async ({ show }) => show(settingsFrom({}), flags)));
  chosen(flow.command('reset'))
    .description('take labels back, also in sessions that are open; a record says who did')
    .option('--all', 'all labels of everybody')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway flow reset --caller stdio --label untrusted`,
    )
    .action((flags: ResetFlags) => run(async ({ reset }) => reset(settingsFrom({}), flags)));
}

function chosen(command: Command): Command {
  return command
    .option('--caller <name>', 'only what this caller carries, as the audit log names it')
    .option('--agent <name>', 'only what this agent carries')
    .option('--label <label>', 'only this label');
}

async function run(action: (commands: typeof import('./flow-run.ts')) => Promise<void>): Promise<void> {
  try {
    await action(await import('./flow-run.ts'));
  } catch (error) {
    fail(error);
  }
}
