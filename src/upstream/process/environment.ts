/** The environment of a server's process: a short list that programs need, what its entry names, and our marker. */
import process from 'node:process';
import { MARKER } from './process-table.ts';

const POSIX = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'];
/** Variables by which programs reach the network here, in either spelling: names of proxies, and what they trust. */
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'FTP_PROXY',
  'NO_PROXY',
  'NODE_USE_ENV_PROXY',
  'NODE_USE_SYSTEM_CA',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'PIP_PROXY',
  'AWS_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'CARGO_HTTP_CAINFO',
  'DENO_CERT',
  'DENO_TLS_CA_STORE',
  'UV_NATIVE_TLS',
  'UV_SYSTEM_CERTS',
  'NPM_CONFIG_PROXY',
  'NPM_CONFIG_HTTPS_PROXY',
  'NPM_CONFIG_NOPROXY',
  'NPM_CONFIG_CAFILE',
];
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
  const isOfSystem =
    platform === 'win32'
      ? (name: string) => WINDOWS.includes(name.toUpperCase())
      : (name: string) => POSIX.includes(name) || POSIX_PREFIXES.some((prefix) => name.startsWith(prefix));
  const isSafe = (name: string): boolean => isOfSystem(name) || NETWORK.includes(name.toUpperCase());
  const env: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(parent)) {
    // Exported shell functions are code.
    if (value !== undefined && isSafe(name) && !value.startsWith('()')) env[name] = value;
  }
  for (const [name, value] of entry) env[name] = value;
  env[MARKER] = marker;
  return env;
}
