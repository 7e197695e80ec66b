/** Opens a page in the user's browser, where there is one. */
import { spawn } from 'node:child_process';
import process from 'node:process';

/**
 * Without a shell: the address comes from a server. Says nothing where it does not work; the link was printed too.
 * @param url http or https
 */
export function openBrowser(url: string): void {
  const opener = openerOf(process.platform, process.env);
  if (opener === undefined) return;
  const [command, ...args] = opener;
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** @returns undefined where no browser can be seen by whoever runs this: over SSH, or without a display. */
export function openerOf(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly [string, ...string[]] | undefined {
  if (env['SSH_CONNECTION'] !== undefined) return undefined;
  if (platform === 'darwin') return ['open'];
  // Not `start`: that is the shell's.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined ? undefined : ['xdg-open'];
}
