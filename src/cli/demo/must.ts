import { GatewayError } from '../../shared/errors.ts';

/** Checks a statement of the demo. @throws GatewayError INTERNAL, which ends the demo with exit status 1 */
export function must(holds: boolean, claim: string): void {
  if (!holds) throw new GatewayError('INTERNAL', `The demo went wrong: it is not true that ${claim}.`);
}
