/** Looks at the program that an entry names, without running it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { systemCode } from '../shared/system-code.ts';
import { sandboxPathFault } from './check-sandbox.ts';
import { fileFault } from './program-file.ts';
import { quote } from './quote-name.ts';
import type { StdioDefinition } from './snapshot.ts';

/** A fault in a part of an entry. */
export interface ProgramFault {
  readonly field: 'command' | 'cwd' | 'sandbox';
  /** The end of a sentence that begins with the name of the field. */
  readonly message: string;
  readonly fix: string;
}

/** Finds what will keep the program from being started; undefined for nothing. */
export function programFault(
  definition: Pick<StdioDefinition, 'command' | 'env' | 'cwd' | 'sandbox'>,
): ProgramFault | undefined {
  const { command, env, cwd, sandbox } = definition;
  const folder = cwd === undefined ? undefined : cwdFault(cwd);
  if (folder !== undefined) return folder;
  const walls = sandboxPathFault(definition);
  if (walls !== undefined) return walls;
  if (sandbox?.image !== undefined) return dockerFault(command);
  const spelling = spellingFault(command, cwd);
  if (spelling !== undefined) return spelling;
  const find = (name: string): string | undefined => findProgram(name, env.get('PATH'), cwd);
  const program = find(command);
  const at = (message: string, fix: string): ProgramFault => ({ field: 'command', message, fix });
  if (program !== undefined) {
    const flaw = fileFault(program, find);
    return flaw === undefined ? undefined : at(flaw.message, flaw.fix);
  }
  if (!hasFolder(command)) {
    return at('is not in PATH', `Install ${command}, or write its full path into "command"`);
  }
  const path = resolve(cwd ?? '.', command);
  const place = placeFault(path);
  if (place !== undefined) return at(place, 'Correct "command"');
  if (statSync(path).isDirectory()) return at('is a folder', 'Write the program in it into "command"');
  return at('is not executable', `Make the file executable: chmod +x ${path}`);
}

/** The variables of an entry are those of the container: the gateway's own say where the program is that starts it. */
function dockerFault(docker: string): ProgramFault | undefined {
  if (findProgram(docker, undefined, undefined) !== undefined) return undefined;
  return { field: 'sandbox', message: `needs ${docker}, which is not in PATH`, fix: 'Install Docker' };
}

/** Signs that only a shell would understand. */
function spellingFault(command: string, cwd: string | undefined): ProgramFault | undefined {
  if (command.startsWith('~')) {
    const fix = `Write the full path into "command", or \${userHome} for "~"`;
    return { field: 'command', message: 'begins with "~", which only a shell replaces', fix };
  }
  const [program = '', ...args] = command.trim().split(/\s+/);
  if (args.length === 0 || existsSync(resolve(cwd ?? '.', command))) return undefined;
  const fix = `Write ${quote(program)} into "command" and the rest into "args": ${JSON.stringify(args)}`;
  return { field: 'command', message: 'holds a whole command line; it is not run through a shell', fix };
}

function cwdFault(cwd: string): ProgramFault | undefined {
  const at = (message: string): ProgramFault => ({ field: 'cwd', message, fix: 'Correct "cwd"' });
  if (cwd.startsWith('~')) {
    const fix = `Write the full path into "cwd", or \${userHome} for "~"`;
    return { field: 'cwd', message: 'begins with "~", which only a shell replaces', fix };
  }
  const place = placeFault(cwd);
  if (place !== undefined) return at(place);
  if (!statSync(cwd).isDirectory()) return at('is not a folder');
  try {
    accessSync(cwd, constants.X_OK);
    return undefined;
  } catch {
    return at('may not be entered by this account');
  }
}

/** The reason why nothing can be found at a path; undefined where something is there. */
function placeFault(path: string): string | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return PLACE_FAULTS.get(systemCode(error) ?? '') ?? 'cannot be reached by this account';
  }
}

const PLACE_FAULTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist: a part of its path is no folder'],
  ['ELOOP', 'cannot be reached: its symbolic links lead round in a circle'],
  ['ENAMETOOLONG', 'is too long for a path'],
]);

/** The path of a command; undefined where it cannot be found or run. */
export function findProgram(command: string, path: string | undefined, cwd: string | undefined): string | undefined {
  const folders = hasFolder(command) ? [resolve(cwd ?? '.')] : (path ?? process.env['PATH'] ?? '').split(delimiter);
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const candidate = hasFolder(command) ? resolve(folder, command) : join(folder, `${command}${ending}`);
      if (isProgram(candidate)) return candidate;
    }
  }
  return undefined;
}

function hasFolder(command: string): boolean {
  return command.includes('/');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
