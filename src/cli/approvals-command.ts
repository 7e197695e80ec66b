/** `approvals`: the questions that wait for a person, and their answers. */
import type { Command } from 'commander';
import { settingsFrom } from './flags.ts';
import { fail } from './output.ts';

export interface ApprovalsFlags {
  readonly json?: boolean;
}

export interface AnswerFlags extends ApprovalsFlags {
  readonly reason?: string;
  readonly write?: boolean;
}

export function registerApprovals(program: Command): void {
  const approvals = program.command('approvals').description('calls that wait for a person to say yes or no');
  approvals
    .command('list')
    .description('list the waiting calls, oldest first')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway approvals list')
    .action((flags: ApprovalsFlags) => run(async ({ list }) => list(settingsFrom({}), flags)));
  approvals
    .command('show <id>')
    .description('show one waiting call with its arguments')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the id is enough.\n\nExample:\n  $ agent-mcp-gateway approvals show 3f9a1c02',
    )
    .action((id: string, flags: ApprovalsFlags) => run(async ({ show }) => show(settingsFrom({}), id, flags)));
  approvals
    .command('answer <id> <answer>')
    .description('answer a question: once, session, hour, always, always-these or no')
    .option('--reason <text>', 'text for the agent, with a no')
    .option('--write', 'write the rules file, for an answer that is permanent; comments stay')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
once     this call, once
session  whatever the rule asks about this tool, as long as the session lasts
hour     whatever the rule asks about this tool, for an hour
no       it is refused, until the question would have expired
always, always-these
         this call, and from now on nobody is asked about this tool, or about
         this tool with these arguments: a rule, shown as a diff, and written
         with --write

"approvals show" says which of them a question takes.
Exit status: 0 answered, 4 not: nobody asks that, or somebody has answered.

Examples:
  $ agent-mcp-gateway approvals answer 3f9a1c02 once
  $ agent-mcp-gateway approvals answer 3f9a1c02 always --write
  $ agent-mcp-gateway approvals answer 3f9a1c02 no --reason "Not on a Friday."`,
    )
    .action((id: string, answer: string, flags: AnswerFlags) =>
      run(async (commands) => commands.answer(settingsFrom({}), id, answer, flags)),
    );
  approvals
    .command('watch')
    .description('wait for questions, and answer each as it comes')
    .option('--json', 'print each question as JSON on a line of its own, and ask nothing')
    .addHelpText('after', '\nEnds with Ctrl-C.\n\nExample:\n  $ agent-mcp-gateway approvals watch')
    .action((flags: ApprovalsFlags) =>
      run(async () => (await import('./approvals-watch.ts')).watch(settingsFrom({}), flags)),
    );
}

async function run(action: (commands: typeof import('./approvals-run.ts')) => Promise<void>): Promise<void> {
  try {
    await action(await import('./approvals-run.ts'));
  } catch (error) {
    fail(error);
  }
}
