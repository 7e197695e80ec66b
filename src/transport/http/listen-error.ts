import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

/** The error for a listen(2) that failed on an address. */
export function cannotListen(error: unknown, host: string, port: number): GatewayError {
  const code = systemCode(error) ?? 'unknown error';
  const hint =
    code === 'EADDRINUSE'
      ? 'another program uses it: choose one with --port.'
      : 'choose another with --host and --port.';
  return new GatewayError('CANNOT_LISTEN', `Cannot listen on ${host}:${port} (${code}): ${hint}`, { cause: error });
}
