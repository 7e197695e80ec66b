/** Decides who reads what a program wrote last in errors: those alone whom it serves alone, since it writes of all its callers. */
import { GatewayError } from '../../shared/errors.ts';
import type { Tenant } from '../contract.ts';
import { LAST_OUTPUT } from '../failures.ts';
import type { PooledConnection } from './pooled-connection.ts';

/**
 * An error as its caller may read it.
 * @param caller undefined for the owner of the gateway.
 * @param isListing true for an error about a list, which others wait for too.
 */
export function errorFor(
  error: unknown,
  { isExclusive, whose }: Pick<PooledConnection, 'isExclusive' | 'whose'>,
  caller: Tenant | undefined,
  isListing = false,
): unknown {
  if (!(error instanceof GatewayError) || typeof error.data?.[LAST_OUTPUT] !== 'string') return error;
  const isAlone = isExclusive && !isListing && whose !== undefined && whose.owner === caller?.owner;
  return caller === undefined || caller.sole || isAlone ? withOutput(error) : withoutOutput(error);
}

/** The whole error, for the log and the owner. */
export function withOutput(error: GatewayError): GatewayError {
  const { [LAST_OUTPUT]: output = '', ...data } = error.data ?? {};
  return error.with({ message: `${error.message}${output}`, data });
}

function withoutOutput(error: GatewayError): GatewayError {
  const { [LAST_OUTPUT]: _output, ...data } = error.data ?? {};
  return error.with({ data });
}
