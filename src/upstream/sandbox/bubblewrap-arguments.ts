/** The command line of bubblewrap (bwrap(1)) for one start of a server. Pure. */
import type { Mount } from './mounts.ts';
import type { SystemFile } from './system-files.ts';

export interface SandboxPlan {
  readonly system: readonly SystemFile[];
  /** An empty folder is there. */
  readonly home: string;
  readonly mounts: readonly Mount[];
  /** True if it shares the network of this machine. */
  readonly hasNetwork: boolean;
  readonly cwd: string;
  /** Descriptor from which the filter of system calls is read; undefined for no filter. */
  readonly filterFd: number | undefined;
  /** The program, by its whole path, and its arguments. */
  readonly command: readonly string[];
}

/** Bytes that an empty folder can take: it is memory. */
const FOLDER_BYTES = 1024 * 1024 * 1024;

/** Namespaces of its own, no way to make others, and no capability: `--unshare-user` also means that no program gains any. */
export const WALLS: readonly string[] = [
  '--unshare-user',
  '--disable-userns',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--hostname',
  'sandbox',
  '--cap-drop',
  'ALL',
];

/** Files of the kernel that root may write without any capability, and what is written to some of them is run outside. */
const KERNEL_SETTINGS = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi'].map((name) => `/proc/${name}`);

/** Everything after the name of the program. */
export function bubblewrapArguments(plan: SandboxPlan): readonly string[] {
  return [
    ...WALLS,
    ...(plan.hasNetwork ? [] : ['--unshare-net']),
    ...plan.system.flatMap(({ path, link }) =>
      link === undefined ? ['--ro-bind', path, path] : ['--symlink', link, path],
    ),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...KERNEL_SETTINGS.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['/dev/shm', '/tmp', '/var/tmp', '/run', plan.home].flatMap((path) => emptyFolder(path)),
    ...plan.mounts.flatMap(mountArguments),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', plan.cwd],
    ...(plan.filterFd === undefined ? [] : ['--seccomp', String(plan.filterFd)]),
    '--',
    ...plan.command,
  ];
}

function emptyFolder(path: string): readonly string[] {
  return ['--size', String(FOLDER_BYTES), '--tmpfs', path];
}

function mountArguments(mount: Mount): readonly string[] {
  if (mount.kind === 'nothing') return ['--tmpfs', mount.at, '--remount-ro', mount.at];
  return [mount.kind === 'read' ? '--ro-bind' : '--bind', mount.from, mount.at];
}
