/** The filter of system calls of a sandbox, as seccomp(2) takes it: what no server needs, and what has led out of sandboxes. */
import { Buffer } from 'node:buffer';

/** Numbers of one processor, from the tables of Linux. */
interface Calls {
  /** AUDIT_ARCH_*. */
  readonly architecture: number;
  /** From this number on, calls are of another interface (x32). */
  readonly above: number | undefined;
  readonly socket: number;
  readonly denied: readonly number[];
}

/** io_uring (what is asked through it passes no filter), mounts by descriptor, quotas: the same on all processors. */
const COMMON = [425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 443];

const X64: Calls = {
  architecture: 0xc000003e,
  above: 0x40000000,
  socket: 41,
  // In the order of the names below.
  denied: [
    101, 310, 311, 103, 155, 165, 166, 163, 167, 168, 169, 172, 173, 175, 313, 176, 179, 246, 320, 248, 249, 250, 298,
    304, 321, 323, 272, 308, 164, 227, 159, 305,
  ],
};

/**
 * ptrace, process_vm_readv, process_vm_writev, syslog, pivot_root, mount, umount2, acct, swapon, swapoff, reboot, (iopl, ioperm,)
 * init_module, finit_module, delete_module, quotactl, kexec_load, kexec_file_load, add_key, request_key, keyctl, perf_event_open,
 * open_by_handle_at, bpf, userfaultfd, unshare, setns, settimeofday, clock_settime, adjtimex, clock_adjtime.
 */
const ARM64: Calls = {
  architecture: 0xc00000b7,
  above: undefined,
  socket: 198,
  denied: [
    117, 270, 271, 116, 41, 40, 39, 89, 224, 225, 142, 105, 273, 106, 60, 104, 294, 217, 218, 219, 241, 265, 280, 282,
    97, 268, 170, 112, 171, 266,
  ],
};

const PROCESSORS: Readonly<Record<string, Calls>> = { x64: X64, arm64: ARM64 };

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (which asks for the addresses of this machine). */
const FAMILIES = [1, 2, 10, 16];

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
/** SECCOMP_RET_ERRNO with EPERM, and with EAFNOSUPPORT. */
const NOT_PERMITTED = 0x00050001;
const NO_SUCH_FAMILY = 0x00050061;
/** Offsets in struct seccomp_data. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const FIRST_ARGUMENT_AT = 16;

/** One instruction. A jump without a goal goes on with the next one. */
interface Instruction {
  readonly code: number;
  readonly value: number;
  readonly met?: Goal;
  readonly unmet?: Goal;
}

type Goal = 'allow' | 'refuse';

/** The program for a processor (`process.arch`); undefined for those whose calls are not known here. */
export function callFilter(processor: string): Buffer | undefined {
  const calls = PROCESSORS[processor];
  return calls && encode(programOf(calls));
}

function programOf({ architecture, above, socket, denied }: Calls): readonly Instruction[] {
  const beyond = above === undefined ? [] : [above];
  return [
    { code: LOAD, value: ARCHITECTURE_AT },
    { code: JUMP_EQUAL, value: architecture, unmet: 'refuse' },
    { code: LOAD, value: NUMBER_AT },
    ...beyond.map((value): Instruction => ({ code: JUMP_AT_LEAST, value, met: 'refuse' })),
    ...[...denied, ...COMMON].map((value): Instruction => ({ code: JUMP_EQUAL, value, met: 'refuse' })),
    { code: JUMP_EQUAL, value: socket, unmet: 'allow' },
    { code: LOAD, value: FIRST_ARGUMENT_AT },
    ...FAMILIES.map((value): Instruction => ({ code: JUMP_EQUAL, value, met: 'allow' })),
    { code: RETURN, value: NO_SUCH_FAMILY },
    { code: RETURN, value: ALLOW },
    { code: RETURN, value: NOT_PERMITTED },
  ];
}

/** As an array of struct sock_filter; the last two instructions are the goals of jumps. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, value, met, unmet }] of program.entries()) {
    const distance = (goal: Goal | undefined): number =>
      goal === undefined ? 0 : program.length - (goal === 'allow' ? 2 : 1) - index - 1;
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(distance(met), index * 8 + 2);
    bytes.writeUInt8(distance(unmet), index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
