import { quote } from '../config/quote-name.ts';
import { GatewayError } from '../shared/errors.ts';

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

/**
 * The instant, in milliseconds since 1970, that `12h`, `7d`, or a date in UTC stands for.
 * @throws GatewayError USAGE for what is neither
 */
export function instantBefore(text: string, now: number, flag = '--since'): number {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS_MS.get(unit) ?? Number.NaN);
  const isDate = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.test(text);
  const at = isDate ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new GatewayError('USAGE', `${flag} takes 30m, 12h, 7d, 4w or a date such as 2026-01-31, not ${quote(text)}.`);
}
