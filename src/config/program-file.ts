/** Looks into a program file: at the line that names its interpreter, and for which system it was built. */
import { Buffer } from 'node:buffer';
import { closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import process from 'node:process';
import { quote } from './quote-name.ts';

/** The end of a sentence that begins with `"command"`, and what to do. */
interface FileFault {
  readonly message: string;
  readonly fix: string;
}

/** Finds what will keep the system from running a file that is there and executable; undefined for nothing. */
export function fileFault(path: string, find: (command: string) => string | undefined): FileFault | undefined {
  const head = headOf(path);
  if (head === undefined) return undefined;
  if (head.subarray(0, 4).equals(ELF)) return elfFault(head);
  const text = head.toString('utf8');
  const named = /^(\ufeff?)#!([^\n]*)/.exec(text);
  if (named === null) return undefined;
  const [, mark, line = ''] = named;
  if (mark !== '') return { message: 'begins with a byte-order mark before "#!"', fix: 'Save it as UTF-8 without one' };
  if (line.includes('\r')) {
    return {
      message: 'has Windows line ends (CRLF), and so its "#!" line names no program',
      fix: `Save it with Unix line ends: sed -i 's/\\r$//' ${path}`,
    };
  }
  // A line that goes on beyond what was read.
  if (!text.includes('\n') && head.length === HEAD_BYTES) return undefined;
  return interpreterFault(line.trim().split(/[ \t]+/), find);
}

function interpreterFault(
  [interpreter = '', first, second]: readonly string[],
  find: (command: string) => string | undefined,
): FileFault | undefined {
  if (interpreter === '') return undefined;
  if (find(interpreter) === undefined) {
    const isThere = statSync(interpreter, { throwIfNoEntry: false }) !== undefined;
    const message = `names ${quote(interpreter)} after "#!", which ${isThere ? 'cannot be run' : 'does not exist'}`;
    return { message, fix: `Install what runs it, and write that into "command" and the file into "args"` };
  }
  if (!/(?:^|\/)env$/.test(interpreter)) return undefined;
  const program = first === '-S' ? second : first;
  if (program === undefined || /^-|=/.test(program) || find(program) !== undefined) return undefined;
  return { message: `names ${quote(program)} in its "#!" line, which is not in PATH`, fix: `Install ${program}` };
}

const HEAD_BYTES = 256;
const ELF = Buffer.from('\u007fELF', 'latin1');
/** `e_machine` of what runs beside this Node. */
const MACHINES: Readonly<Record<string, readonly number[]>> = { x64: [62, 3], arm64: [183, 40] };
const MACHINE_AT = 18;

function elfFault(head: Buffer): FileFault | undefined {
  const ours = MACHINES[process.arch];
  if (process.platform !== 'linux' || ours === undefined || head.length < MACHINE_AT + 2) return undefined;
  const isLittle = head[5] === 1;
  const machine = isLittle ? head.readUInt16LE(MACHINE_AT) : head.readUInt16BE(MACHINE_AT);
  if (ours.includes(machine) || mayEmulate()) return undefined;
  return { message: 'was built for another processor', fix: `Install the build of it for ${process.arch}` };
}

/** True if the system was told how to run programs of others. */
function mayEmulate(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status');
  } catch {
    return false;
  }
}

/** The beginning of a file; undefined where it cannot be read. */
function headOf(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
