/** The tree of commands, for tests that read command lines somewhere. */
import type { Command } from 'commander';
import { createProgram } from './program.ts';

export const program: Command = await createProgram(['node', 'agent-mcp-gateway', 'help']);

/** Commands and flags of a command line that the program does not have. @param words behind the name of the program */
export function unknownIn(words: readonly string[]): string[] {
  let command = program;
  let at = 0;
  for (; at < words.length; at++) {
    const inner = command.commands.find((one) => one.name() === words[at]);
    if (inner === undefined) break;
    command = inner;
  }
  const next = words[at];
  const isGroup = command.commands.length > 0;
  const serve = program.commands.find((one) => one.name() === 'serve');
  const options = [...command.options, ...(command === program ? (serve?.options ?? []) : [])];
  const flags = new Set(['--help', '--init', ...options.flatMap(({ long }) => long ?? [])]);
  const unknown = words
    .filter((word) => /^--\w/.test(word))
    .map((word) => word.replace(/=.*/s, ''))
    .filter((flag) => !flags.has(flag));
  return isGroup && next !== undefined && !next.startsWith('-') ? [next, ...unknown] : unknown;
}
