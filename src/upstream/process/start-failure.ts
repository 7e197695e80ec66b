/** Explains why the system did not start a program, and what to do about it: for errors, the log and `doctor`. */
import { findProgram, programFault } from '../../config/check-program.ts';
import type { StdioDefinition } from '../../config/snapshot.ts';
import { systemCode } from '../../shared/system-code.ts';

interface StartFailure {
  /** A sentence that goes on from `... cannot be started: `; it ends with the code of the system. */
  readonly reason: string;
  /** A sentence for the owner. */
  readonly fix: string;
  /** True if the entry is at fault: starting again will not help. */
  readonly isConfig: boolean;
}

/** @param error what starting the program failed with. */
export function whyNotStarted(error: unknown, definition: StdioDefinition): StartFailure {
  const code = systemCode(error) ?? 'unknown error';
  const machine = MACHINE.get(code);
  const [reason, fix] = machine ?? ofEntry(code, definition) ?? OTHER;
  const isConfig = machine === undefined && CONFIG.has(code);
  return { reason: `${reason} (${code}).`, fix: `${fix}.`, isConfig };
}

type Explanation = readonly [reason: string, fix: string];

const OTHER: Explanation = ['the system refused', 'Run its command by hand and look at what it writes'];

/** Faults of the machine, for a while, and not of the entry. */
const MACHINE: ReadonlyMap<string, Explanation> = new Map([
  [
    'EMFILE',
    [
      'the gateway has no file descriptors left: too many open files',
      'Raise the limit of open files where the gateway starts: ulimit -n 4096, or LimitNOFILE= in a systemd unit',
    ],
  ],
  [
    'ENFILE',
    ['the system has no file descriptors left', 'Close programs, or raise the limit of the system: sysctl fs.file-max'],
  ],
  [
    'EAGAIN',
    [
      'the system allows this account no more processes',
      'Raise the limit of processes where the gateway starts (ulimit -u, TasksMax= in a systemd unit), or use fewer servers',
    ],
  ],
  ['ENOMEM', ['the system has no memory left', 'Close programs, or use fewer servers']],
  ['ETXTBSY', ['its program is being written', 'Try again once its installation is finished']],
]);

/** Codes of the system for what an entry names. */
const CONFIG: ReadonlySet<string> = new Set(
  'ENOENT EACCES EPERM ENOTDIR EISDIR ELOOP ENAMETOOLONG E2BIG ENOEXEC'.split(' '),
);

function ofEntry(code: string, definition: StdioDefinition): Explanation | undefined {
  const { command, env, cwd } = definition;
  if (code === 'E2BIG') {
    const fix = 'Shorten them, e.g. by passing the path of a file: one value may have 128 KiB';
    return ['its "args" and "env" are too big for the system', fix];
  }
  const fault = programFault(definition);
  const name = JSON.stringify(command);
  if (fault !== undefined && fault.field !== 'command') return [`"${fault.field}" ${fault.message}`, fault.fix];
  if (fault !== undefined) return [`"command" ${name} ${fault.message}`, fault.fix];
  if (code === 'ENOENT') {
    const found = findProgram(command, env.get('PATH'), cwd) ?? command;
    const fix = `Install what the first line of ${found} names after "#!", or write that into "command"`;
    return [`what the first line of ${JSON.stringify(found)} names is not there`, fix];
  }
  if (code === 'ENOEXEC') {
    const fix = 'Write what runs it into "command" (e.g. "node" or "python3") and the file into "args"';
    return [`${name} is no program that this system can run`, fix];
  }
  return code === 'EPERM' ? [`this account may not run ${name}`, 'Look at the permissions of the program'] : undefined;
}
