/** The whole tree of commands, as a terminal of 80 columns shows it. */
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { program, unknownIn } from './testing.ts';

function withInner(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withInner)];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return parts.join('');
}

const commands = withInner(program).map((command) => [nameOf(command), command] as const);

it.each(commands)('%s --help fits 80 columns', (_name, command) => {
  const wide = helpOf(command)
    .split('\n')
    .filter((line) => line.length > 80);
  expect(wide).toEqual([]);
});

it.each(commands.filter(([, { commands: inner }]) => inner.length === 0))(
  '%s --help has an example',
  (name, command) => {
    expect(helpOf(command)).toMatch(/^Examples?(?::|, in)/m);
    // The words of help about itself are commander's.
    expect(command.description(), name).toMatch(/^[a-z]/);
  },
);

it('shows every command under the heading of a group', () => {
  expect(helpOf(program)).not.toContain('\nCommands:');
  for (const command of program.commands) expect(command.helpGroup(), command.name()).toMatch(/^[A-Z].*:$/);
});

it.each(commands)('%s --help shows commands and flags that there are', (_name, command) => {
  const lines = [...helpOf(command).matchAll(/^ +\$ (.*)$/gm)].map(([, line = '']) => line);
  for (const line of lines) {
    const [, words = ''] = /agent-mcp-gateway(?: ((?:(?! {2})[^|)'"])*))?/.exec(line) ?? [];
    expect(unknownIn(words.split(' ').filter((word) => word !== '')), line).toEqual([]);
  }
});
