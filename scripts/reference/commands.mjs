/** docs/cli.md: its order, groups and tables of flags come from the program; what is said between them is written by hand. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { code, table } from './markdown.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const INDEX = /<!-- commands: written by `npm run reference` -->[\s\S]*?<!-- end of commands -->/;

/** @param program the tree of commands */
export function commandsPage(program) {
  const text = readFileSync(path.join(root, 'docs/cli.md'), 'utf8');
  const [intro, ...sections] = text.split(/^(?=## )/m);
  const written = new Map();
  const others = [];
  for (const section of sections) {
    const name = /^## `([^`]+)`/.exec(section)?.[1];
    if (name === undefined) others.push(section);
    else written.set(name, section);
  }
  const commands = groupsOf(program);
  const parts = commands.flatMap(([, leaves]) =>
    leaves.map((command) => sectionOf(command, written.get(nameOf(command)))),
  );
  return intro.replace(INDEX, index(commands)) + [...parts, ...others].join('');
}

/** Headings of groups with the commands that do something, in the order of `--help`. */
function groupsOf(program) {
  const groups = new Map();
  for (const command of visible(program)) {
    const heading = command.helpGroup().replace(/:$/, '');
    groups.set(heading, [...(groups.get(heading) ?? []), ...leavesOf(command)]);
  }
  return [...groups].map(([heading, leaves]) => [heading, leaves]);
}

function visible(command) {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
}

function leavesOf(command) {
  const inner = visible(command);
  return inner.length === 0 ? [command] : inner.flatMap(leavesOf);
}

function nameOf(command) {
  return command.parent.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function index(groups) {
  const rows = groups.map(([heading, commands]) => [
    heading,
    commands.map((command) => `[${code(nameOf(command))}](#${nameOf(command).replaceAll(' ', '-')})`).join(', '),
  ]);
  return `<!-- commands: written by \`npm run reference\` -->\n${table(['for', 'commands'], rows)}\n<!-- end of commands -->`;
}

/** The section as it is written, with the flags that there are; one for a command that has none yet. */
function sectionOf(command, written) {
  const section = written ?? `## ${code(nameOf(command))}\n\n${sentence(command)}\n\n`;
  const flags = flagsOf(command);
  const old = /^\| flag \| meaning \|\n(?:\|.*\n)+/m;
  if (old.test(section)) return section.replace(old, flags === '' ? '' : `${flags}\n`);
  if (flags === '') return section;
  const [head, ...rest] = section.split(/^(?=```)/m);
  return `${head}${flags}\n\n${rest.join('')}`;
}

function sentence(command) {
  const words = command.registeredArguments.map((one) => `${one.name().toUpperCase()}${one.variadic ? '...' : ''}`);
  const description = command.description();
  if (words.length === 0) return `${description.replace(/^[a-z]/, (letter) => letter.toUpperCase())}.`;
  return `${code([nameOf(command), ...words].join(' '))}: ${description}.`;
}

function flagsOf(command) {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  if (options.length === 0) return '';
  return table(
    ['flag', 'meaning'],
    options.map((option) => [code(option.flags.replace(/^-\w, /, '')), meaningOf(option)]),
  );
}

function meaningOf({ short, description, defaultValue }) {
  const text = description
    .replace(/\(default ([^)]*)\)/, 'default $1')
    .replace(/(?<![\w-])--[a-z-]+|\b[A-Z]+(?:_[A-Z]+)+\b|\b[a-z]+(?:_[a-z]+)+\b|\.[a-z-]+\.json\b/g, code);
  const usual = ['string', 'number'].includes(typeof defaultValue) ? ` (default ${code(`${defaultValue}`)})` : '';
  return `${short === undefined ? '' : `${code(short)}: `}${text}${usual}`;
}
