/** The environment of a server's process: a short list that programs need, what its entry names, and our marker. */
import process from 'node:process';
import { MARKER } from './processes.ts';

const POSIX = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'];
const POSIX_PREFIXES = ['LC_', 'XDG_'];
const WINDOWS = [
  'APPDATA',
  'COMSPEC',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'NUMBER_OF_PROCESSORS',
  'OS',
  'PATH',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'PROGRAMFILES(X86)',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'USERNAME',
  'USERPROFILE',
  'WINDIR',
];

/**
 * @param entry what the server's entry sets; it wins over what is inherited.
 * @param marker value of the marker; it wins over everything.
 */
export function childEnvironment(
  entry: ReadonlyMap<string, string>,
  marker: string,
  parent: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const isSafe =
    platform === 'win32'
      ? (name: string) => WINDOWS.includes(name.toUpperCase())
      : (name: string) => POSIX.includes(name) || POSIX_PREFIXES.some((prefix) => name.startsWith(prefix));
  const env: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(parent)) {
    // Exported shell functions are code.
    if (value !== undefined && isSafe(name) && !value.startsWith('()')) env[name] = value;
  }
  for (const [name, value] of entry) env[name] = value;
  env[MARKER] = marker;
  return env;
}
