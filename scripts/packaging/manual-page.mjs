/** The manual page, in the man(7) macros. */
import { DATE, NAME, VERSION } from './names.mjs';

/**
 * @param program the tree of commands
 * @param variables as `knownVariables` gives them
 */
export function manualPage(program, variables) {
  const lines = [
    `.TH AGENT\\-MCP\\-GATEWAY 1 "${DATE}" "${NAME} ${VERSION}" "User Commands"`,
    '.SH NAME',
    text(`${NAME} - ${sentence(program.description())}`),
    '.SH SYNOPSIS',
    '.B agent\\-mcp\\-gateway',
    '[\\fIcommand\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    text(
      'Without a command it serves over standard input and output, for the MCP client that starts it. Every command prints data to standard output and everything else to standard error.',
    ),
    '.SH COMMANDS',
    ...groupsOf(program).flatMap(([heading, commands]) => [
      `.SS ${text(heading.replace(/:$/, ''))}`,
      ...commands.flatMap(leaves).flatMap(commandLines),
    ]),
    '.SH ENVIRONMENT',
    ...variables.flatMap(({ name, default: usual, meaning }) => [
      '.TP',
      `.B ${name}`,
      text(usual === '' ? meaning : `${meaning} Default: ${usual}.`),
    ]),
    '.SH FILES',
    ...FILES.flatMap(([file, meaning]) => ['.TP', `.I ${text(file)}`, text(meaning)]),
    '.SH EXIT STATUS',
    ...STATUSES.flatMap(([status, meaning]) => ['.TP', `.B ${status}`, text(meaning)]),
  ];
  return `${lines.join('\n')}\n`;
}

const FILES = [
  [
    '~/.config/agent-mcp-gateway/.mcp.json',
    'The servers. XDG_CONFIG_HOME takes the place of ~/.config where it is set.',
  ],
  ['~/.config/agent-mcp-gateway/.mcp-gateway-rules.json', 'The rules: which agent may use what.'],
  ['~/.cache/agent-mcp-gateway/logs/audit.jsonl', 'The audit log, one JSON object per line.'],
];

const STATUSES = [
  ['0', 'Done; allowed; everything holds; stopped cleanly.'],
  ['1', 'An error in a file, a check that failed, or a start that could not be.'],
  ['2', 'A wrong flag or variable.'],
  ['3', 'Denied by the rules.'],
  ['4', 'A server cannot be used.'],
  ['70', 'A fault of the gateway itself.'],
  ['129, 130', 'Ended with its terminal, or by Ctrl-C.'],
];

function groupsOf(program) {
  const groups = new Map();
  for (const command of program.createHelp().visibleCommands(program)) {
    if (command.name() === 'help') continue;
    const heading = command.helpGroup() || 'Commands:';
    groups.set(heading, [...(groups.get(heading) ?? []), command]);
  }
  return [...groups];
}

/** Commands that do something; one that only groups others does not. */
function leaves(command) {
  const inner = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');
  return inner.length === 0 ? [command] : inner.flatMap(leaves);
}

function commandLines(command) {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const words = command.registeredArguments.map((one) => {
    const name = `\\fI${text(one.name())}\\fR${one.variadic ? ' ...' : ''}`;
    return one.required ? name : `[${name}]`;
  });
  return [
    '.TP',
    [`\\fB${text(nameOf(command))}\\fR`, ...words].join(' '),
    text(`${capitalized(sentence(command.description()))}.`),
    ...(options.length === 0 ? [] : ['.RS', ...options.flatMap((option) => optionLines(help, option)), '.RE']),
  ];
}

function optionLines(help, option) {
  const [, flag, value] = /^(?:-\w, )?(--[\w-]+)(?: ?([<[].*))?$/.exec(option.flags) ?? [undefined, option.flags];
  const shown = value === undefined ? '' : ` \\fI${text(value.replace(/^<|>$/g, ''))}\\fR`;
  return ['.TP', `\\fB${text(flag)}\\fR${shown}`, text(help.optionDescription(option))];
}

function nameOf(command) {
  return command.parent.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function capitalized(words) {
  return words.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

function sentence(words) {
  return words.replace(/\.$/, '');
}

/** Text as roff takes it: dashes that can be copied, short lines, none of which begins with a control character. */
function text(words) {
  const lines = [];
  for (const word of words.replaceAll('-', '\\-').split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length < 80) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => line.replace(/^[.']/, '\\&$&')).join('\n');
}
