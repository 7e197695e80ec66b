import { GatewayError } from '../shared/errors.ts';

/**
 * The value of a flag that takes a whole number.
 * @throws GatewayError USAGE for anything else, and for less than `least`
 */
export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 2_147_483_647) return value;
  throw new GatewayError('USAGE', `${flag} takes a whole number from ${least}.`);
}
