/** Candidates for a half-typed word: found in the tree of commands, with names from the configuration. */
import type { Argument, Command, Option } from 'commander';
import { type NameKind, namesFor } from './names.ts';

interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Tell the shell to complete names of files or folders itself. No command or server is called like that. */
export const FILES: Candidate = { value: ':files', description: '' };
const FOLDERS: Candidate = { value: ':folders', description: '' };

/** The place of the word: in which command, behind which words, and of which option it is the value. */
interface Position {
  readonly command: Command;
  /** The number of arguments of the command before it. */
  readonly argumentsBefore: number;
  readonly option: Option | undefined;
  /** Values of options before it. */
  readonly given: ReadonlyMap<string, string>;
  /** True if `--` stands before it. */
  readonly noMoreOptions: boolean;
}

/** @param words behind the name of the program; the last one is completed, and may be empty. */
export async function candidatesFor(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const typed = joinEquals(words);
  const last = typed.at(-1) ?? '';
  const position = positionOf(program, typed.slice(0, -1));
  const assigned = /^(--[^=]+)=(.*)$/s.exec(last);
  if (assigned !== null && position.option === undefined) {
    const [, flag = '', start = ''] = assigned;
    const option = findOption(position.command, flag);
    if (option === undefined) return [];
    const values = await valuesOf(option, position);
    const isSplit = words.at(-1) !== last;
    return matching(values, start).map((one) =>
      isSplit || one.value.startsWith(':') ? one : { ...one, value: `${flag}=${one.value}` },
    );
  }
  if (position.option !== undefined) return matching(await valuesOf(position.option, position), last);
  if (last.startsWith('-') && !position.noMoreOptions) return matching(optionsOf(position), last);
  return matching(await argumentsOf(position), last);
}

/** Bash splits words at equals signs: `--rules`, `=`, `a.json`. */
function joinEquals(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before !== undefined && /^--[\w-]+$/.test(before) && word === '=') joined[joined.length - 1] = `${before}=`;
    else if (before !== undefined && /^--[\w-]+=$/.test(before)) joined[joined.length - 1] = before + word;
    else joined.push(word);
  }
  return joined;
}

function positionOf(program: Command, before: readonly string[]): Position {
  let command = program;
  let argumentsBefore = 0;
  let option: Option | undefined;
  let noMoreOptions = false;
  const given = new Map<string, string>();
  for (const word of before) {
    if (option !== undefined) {
      given.set(option.long ?? '', word);
      option = undefined;
    } else if (noMoreOptions || !word.startsWith('-')) {
      const inner = argumentsBefore === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (inner === undefined) argumentsBefore++;
      else command = inner;
    } else if (word === '--') {
      noMoreOptions = true;
    } else {
      const [flag = '', value] = word.split(/=(.*)/s);
      const found = findOption(command, flag);
      if (value !== undefined) given.set(flag, value);
      else if (found?.required !== true) given.set(flag, '');
      else option = found;
    }
  }
  return { command, argumentsBefore, option, given, noMoreOptions };
}

/** Options before any command are those of the default command. */
function findOption(command: Command, flag: string): Option | undefined {
  return allOptions(command).find(({ long, short }) => long === flag || short === flag);
}

function allOptions(command: Command): readonly Option[] {
  const usual = command.parent === null ? command.commands.find((one) => one.name() === 'serve') : undefined;
  return [...command.createHelp().visibleOptions(command), ...(usual?.options ?? [])];
}

function optionsOf({ command, given }: Position): readonly Candidate[] {
  return allOptions(command)
    .filter(({ long }) => long !== undefined && !given.has(long))
    .map(({ long, description }) => ({ value: long ?? '', description }));
}

async function argumentsOf(position: Position): Promise<readonly Candidate[]> {
  const { command, argumentsBefore } = position;
  const inner = commandsOf(command);
  if (inner.length > 0) return argumentsBefore > 0 ? [] : inner;
  const expected = command.registeredArguments;
  const next = expected[argumentsBefore] ?? (expected.at(-1)?.variadic === true ? expected.at(-1) : undefined);
  return next === undefined ? [] : valuesOf(next, position);
}

function commandsOf(command: Command): readonly Candidate[] {
  const inner = command.createHelp().visibleCommands(command);
  return inner.map((one) => ({ value: one.name(), description: one.description() }));
}

/** Words that stand for themselves, by the placeholder of an option or argument. */
const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['kind', ['stdio', 'http']],
  ['when', ['eager', 'lazy']],
  ['view', ['discovery', 'direct']],
  ['shell', ['bash', 'zsh', 'fish']],
]);

async function valuesOf(expected: Option | Argument, { command, given }: Position): Promise<readonly Candidate[]> {
  const choices = expected.argChoices;
  if (choices !== undefined) return choices.map(plain);
  const placeholder = placeholderOf(expected);
  if (placeholder === 'file' || placeholder === 'path') return [FILES];
  if (placeholder === 'dir') return [FOLDERS];
  if (placeholder === 'command') return commandsOf(command.parent ?? command);
  const kind = nameKind(expected, placeholder, command);
  if (kind !== undefined) return (await namesFor(kind, given)).map(plain);
  // `--expires <when>` of tokens takes other words than `--init-strategy <when>`.
  const words = command.parent?.name() === 'token' ? undefined : WORDS.get(placeholder);
  return (words ?? []).map(plain);
}

function placeholderOf(expected: Option | Argument): string {
  return 'flags' in expected ? (/[<[]([\w-]+)/.exec(expected.flags)?.[1] ?? '') : expected.name();
}

/** Names of servers are asked for as `server`, or as `name` by commands about servers. */
function nameKind(expected: Option | Argument, placeholder: string, command: Command): NameKind | undefined {
  const isOption = 'flags' in expected;
  if (placeholder === 'agent' || (isOption && expected.long === '--agent')) return 'agents';
  if (placeholder === 'server' || (isOption && expected.long === '--server')) return 'servers';
  if (isOption || placeholder !== 'name') return undefined;
  if (command.parent?.name() === 'token') return 'principals';
  return command.parent?.name() === 'servers' || command.name() === 'doctor' ? 'servers' : undefined;
}

function plain(value: string): Candidate {
  return { value, description: '' };
}

function matching(candidates: readonly Candidate[], start: string): readonly Candidate[] {
  return candidates.filter((one) => one === FILES || one === FOLDERS || one.value.startsWith(start));
}
