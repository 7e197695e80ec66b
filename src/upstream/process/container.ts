/** The program `docker`, as far as servers in containers need it, here and in the guardian. */
import { spawn } from 'node:child_process';
import process from 'node:process';

/** Variables by which it finds its daemon, and who may use it. */
const OF_DOCKER = /^(?:PATH|HOME|USERPROFILE|SYSTEMROOT|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DOCKER_\w+)$/i;

/** The environment in which it is started. */
export function dockerEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const own = Object.entries(env).filter(
    (one): one is [string, string] => OF_DOCKER.test(one[0]) && one[1] !== undefined,
  );
  return Object.fromEntries(own);
}

/** Ends containers and removes them, without waiting for that, also where the gateway ends now. Those that are gone are no fault. */
export function removeContainers(names: readonly string[]): void {
  if (names.length === 0) return;
  const options = { stdio: 'ignore', detached: true, windowsHide: true, env: dockerEnvironment() } as const;
  const child = spawn('docker', ['rm', '--force', ...names], options);
  child.on('error', () => undefined);
  child.unref();
}
