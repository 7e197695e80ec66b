/** `completion`: the script with which a shell completes this command line, and `complete`, which that script asks. */
import process from 'node:process';
import type { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { fail, printCells, printText } from './output.ts';

const SHELLS = ['bash', 'zsh', 'fish'];

/** Adds `completion`. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the script that completes commands, flags and names in a shell')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      `
Names of servers and agents come from the configuration files as they are now.

Examples:
  $ source <(agent-mcp-gateway completion bash)             in ~/.bashrc
  $ source <(agent-mcp-gateway completion zsh)              in ~/.zshrc
  $ agent-mcp-gateway completion fish | source              in config.fish`,
    )
    .action(async (shell: string) => {
      try {
        const { shellScript } = await import('./completion/scripts.ts');
        const script = shellScript(shell);
        if (script !== undefined) return printText(script);
        const { didYouMean } = await import('../catalog/name-suggestions.ts');
        const hint = didYouMean(shell, SHELLS) || ` There are: ${SHELLS.join(', ')}.`;
        throw new GatewayError('USAGE', `There is no completion for the shell '${shell}'.${hint}`);
      } catch (error) {
        fail(error);
      }
    });
}

/** Adds the hidden `complete`: it prints a candidate a line, with a tab and its description. It never fails: a shell is typing. */
export function registerComplete(program: Command): void {
  program
    .command('complete', { hidden: true })
    .description('print what may stand in place of the last word')
    .argument('[word...]', 'the words behind the name of the program, the last one as far as it was typed')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway complete -- policy ex')
    .action(async (words: string[]) => {
      try {
        const { candidatesFor } = await import('./completion/candidates.ts');
        for (const { value, description } of await candidatesFor(program, words)) printCells([value, description]);
      } catch {
        process.exitCode = 1;
      }
    });
}
