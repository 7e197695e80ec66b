import { type PastCalls, readPastCalls } from '../audit/past-calls.ts';
import { GatewayError } from '../shared/errors.ts';
import { whyNotRead } from '../shared/open-to-read.ts';
import { systemCode } from '../shared/system-code.ts';

/**
 * Past calls of the audit log.
 * @param since milliseconds since 1970
 * @throws GatewayError USAGE where it cannot be read
 */
export function readLog(
  path: string,
  wanted: { readonly since?: number | undefined; readonly agent?: string | undefined },
): PastCalls {
  return readingLog(path, () => readPastCalls(path, wanted));
}

/**
 * Does what reads the audit log.
 * @throws GatewayError USAGE where it cannot be read
 */
export function readingLog<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new GatewayError('USAGE', `${whyNotRead(code)} audit log ${path}. Name another one with --audit-log.`);
  }
}
