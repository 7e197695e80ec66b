import type { Command } from 'commander';

/** Adds `help`, which names what may have been meant where there is no such command. */
export function registerHelp(program: Command): void {
  const help = program
    .helpCommand(false)
    .command('help')
    .description('show the help of a command')
    .argument('[command...]', 'command; without it, all of them')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway help tools call')
    .action(async (words: string[]) => {
      let command = program;
      for (const word of words) {
        const inner = command.commands.find((one) => one.name() === word);
        if (inner === undefined) return help.error(await unknownCommand(word, command));
        command = inner;
      }
      command.outputHelp();
    });
}

/** The error for a word that is no command of this one. */
export async function unknownCommand(word: string, { commands }: Command): Promise<string> {
  const { didYouMean } = await import('../catalog/name-suggestions.ts');
  const names = commands.map((known) => known.name());
  return `error: unknown command '${word}'.${didYouMean(word, names)}`;
}
