import { fstatSync, type Stats, statSync } from 'node:fs';
import { GatewayError } from '../shared/errors.ts';

const STDOUT = 1;

/**
 * Refuses an audit log that is the standard output of this process under another name (`/dev/stdout`, `/proc/self/fd/1`, a file that it
 * was redirected to): over stdio it belongs to the protocol, and in commands to their data. /dev/null may be both.
 * @throws GatewayError USAGE
 */
export function refuseStdout(path: string): void {
  const log = look(() => statSync(path));
  const stdout = look(() => fstatSync(STDOUT));
  if (log === undefined || stdout === undefined || !isSame(log, stdout)) return;
  const nothing = look(() => statSync('/dev/null'));
  if (nothing !== undefined && isSame(log, nothing)) return;
  throw new GatewayError(
    'USAGE',
    'The audit log (--audit-log, GATEWAY_AUDIT_LOG) is the standard output, which belongs to the MCP client: name a file, or /dev/stderr.',
  );
}

function isSame(one: Stats, other: Stats): boolean {
  if (one.isCharacterDevice() && other.isCharacterDevice()) return one.rdev === other.rdev;
  return one.ino === other.ino && one.dev === other.dev;
}

function look(stat: () => Stats): Stats | undefined {
  try {
    return stat();
  } catch {
    return undefined;
  }
}
