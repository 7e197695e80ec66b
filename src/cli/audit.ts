import type { Command } from 'commander';
import { fail } from './output.ts';

export function registerAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('look after the audit log')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway audit verify');
  audit
    .command('verify')
    .description('check that no record was changed or removed, and say where')
    .argument('[file...]', 'logs, each with its rotated files (default: the audit log of the gateway)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway audit verify

Every gateway process chains its records. A record that was changed, removed,
doubled or moved is located. Records cut off the end of a chain leave no trace
in it: compare the last numbers shown with those you know. The log may be in use
meanwhile.
Files that another program made of the log are read with it:
  $ agent-mcp-gateway audit verify audit.jsonl audit.jsonl.1
Exit status: 0 intact, 1 changed or removed, 2 where a file cannot be read,
3 intact but not complete: another program (logrotate, say) took records out of
the log, and the gateway recorded that it did.`,
    )
    .action(async (files: string[], flags: { readonly json?: boolean }) => {
      try {
        const { verifyCommand } = await import('./audit-run.ts');
        verifyCommand(files, { json: flags.json === true });
      } catch (error) {
        fail(error);
      }
    });
}
