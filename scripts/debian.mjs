/** Packages of Debian and Ubuntu that tests need. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

/** Installs packages where the system's package manager may be used without asking. @returns whether it could be used */
export function installPackages(...names) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = (...command) =>
    spawnSync(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] }).status;
  const may = existsSync('/usr/bin/apt-get') && (asRoot.length === 0 || run(...asRoot, 'true') === 0);
  if (!may) return false;
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
  run(...apt, 'update');
  return run(...apt, 'install', '-y', '--no-install-recommends', ...names) === 0;
}
