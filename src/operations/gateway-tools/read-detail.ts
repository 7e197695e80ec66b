import { DETAILS, type Detail } from '../../catalog/render-tool.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Arguments } from './read-arguments.ts';

/** The `detail` argument. @throws GatewayError INVALID_ARGUMENTS */
export function readDetail(args: Arguments, tool: string): Detail | undefined {
  const given = args.string('detail');
  if (given === undefined) return undefined;
  const detail = DETAILS.find((known) => known === given);
  if (detail !== undefined) return detail;
  throw new GatewayError('INVALID_ARGUMENTS', `${tool}: detail must be one of ${DETAILS.join(', ')}.`);
}
