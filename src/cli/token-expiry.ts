import { quote } from '../config/quote-name.ts';
import { GatewayError } from '../shared/errors.ts';

const HOURS: ReadonlyMap<string, number> = new Map([
  ['h', 1],
  ['d', 24],
  ['w', 168],
  ['y', 8_766],
]);
const HOUR_MS = 3_600_000;

/**
 * The instant that `90d`, or a date, stands for, as the rules write it: to the second, in UTC.
 * @param now milliseconds since 1970.
 * @throws GatewayError USAGE for what is neither, or in the past.
 */
export function instantIn(text: string, now: number): string {
  const [, amount, unit] = /^(\d{1,6})([hdwy])$/.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?$/.test(text);
  const at =
    amount !== undefined && unit !== undefined
      ? now + Number(amount) * (HOURS.get(unit) ?? Number.NaN) * HOUR_MS
      : isDate
        ? Date.parse(text)
        : Number.NaN;
  const instant = at > now ? new Date(at) : undefined;
  if (instant === undefined || Number.isNaN(instant.getTime()) || instant.getUTCFullYear() > 9999) {
    throw new GatewayError('USAGE', `--expires takes 12h, 90d, 8w, 1y or a date to come, not ${quote(text)}.`);
  }
  return instant.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
