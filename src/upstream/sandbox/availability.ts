/** Finds out whether this machine has sandboxes, and what to do where it has none. */
import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import process from 'node:process';
import { findProgram } from '../../config/check-program.ts';
import { dockerEnvironment } from '../process/container.ts';
import { WALLS } from './bubblewrap-arguments.ts';

/** Why a program cannot run in its sandbox: a sentence that goes on from `... was not started: `, and what to do. */
export interface SandboxFault {
  readonly reason: string;
  readonly fix: string;
}

/** The first version with `--disable-userns`. */
const LEAST = [0, 8] as const;
const WAIT_MS = 10_000;

/** The program; only the owner's PATH is asked for it. */
export function findBubblewrap(): string | undefined {
  return findProgram('bwrap', process.env['PATH'], '/');
}

/** Undefined where Docker answers. A start does without: `docker run` says by itself what it cannot do. */
export async function dockerFault(): Promise<SandboxFault | undefined> {
  const version = await run('docker', ['version', '--format', '{{.Server.Version}}'], dockerEnvironment());
  if (version.ok) return undefined;
  return {
    reason: `Docker does not answer (${lastLine(version).replace(/\.$/, '')}).`,
    fix: 'Start Docker, and let this account use it (docker version), or point DOCKER_HOST to it.',
  };
}

let works: string | undefined;

/** Undefined where sandboxes work here. What works is not tried again, what does not may work next time. */
export async function sandboxFault(): Promise<SandboxFault | undefined> {
  if (process.platform !== 'linux') {
    return {
      reason: 'there are sandboxes on Linux only.',
      fix: 'Remove "sandbox" from its entry, or run the gateway on Linux.',
    };
  }
  const program = findBubblewrap();
  if (program === undefined) {
    return {
      reason: 'its entry asks for a sandbox, and bubblewrap (bwrap) is not installed.',
      fix: 'Install it: apt-get install bubblewrap, dnf install bubblewrap, or apk add bubblewrap.',
    };
  }
  if (works === program) return undefined;
  const fault = await trial(program);
  if (fault === undefined) works = program;
  return fault;
}

/** One run says that all is well; the others find out why it is not. */
async function trial(program: string): Promise<SandboxFault | undefined> {
  const system = ['--ro-bind', '/', '/'];
  const inside = [realpathSync(program), '--version'];
  const whole = await run(program, [
    ...WALLS,
    '--unshare-net',
    ...system,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...inside,
  ]);
  if (whole.ok) return undefined;
  const version = await run(program, ['--version']);
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version.output) ?? []).slice(1).map(Number);
  if (!version.ok || major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
    return { reason: `${program} is older than ${LEAST.join('.')}.`, fix: 'Install bubblewrap 0.8 or later.' };
  }
  const user = await run(program, ['--unshare-user', ...system, ...inside]);
  if (!user.ok) return { reason: `this account may make no user namespaces (${lastLine(user)}).`, fix: userFix() };
  return {
    reason: `bubblewrap does not work here (${lastLine(whole)}).`,
    fix: 'In a container, the file system /proc is often partly covered: docker run --security-opt systempaths=unconfined --security-opt seccomp=unconfined --security-opt apparmor=unconfined.',
  };
}

/** What keeps accounts from making user namespaces, where the system says so. */
function userFix(): string {
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor keeps them for programs that have a profile: install one for bwrap (package apparmor-profiles, "bwrap-userns-restrict"), or sysctl kernel.apparmor_restrict_unprivileged_userns=0.';
  }
  if (read('/proc/sys/kernel/unprivileged_userns_clone') === '0')
    return 'Allow them: sysctl kernel.unprivileged_userns_clone=1.';
  if (read('/proc/sys/user/max_user_namespaces') === '0') return 'Allow them: sysctl user.max_user_namespaces=10000.';
  return 'In a container, allow them: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined.';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

interface Run {
  readonly ok: boolean;
  readonly output: string;
}

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] },
): Promise<Run> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: WAIT_MS, env }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}` });
    });
  });
}

function lastLine({ output }: Run): string {
  return output.trim().split('\n').at(-1)?.slice(0, 200) || 'it says nothing';
}
