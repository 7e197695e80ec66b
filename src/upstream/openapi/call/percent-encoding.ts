/** Percent-encoding of values (RFC 3986). */
import { ArgumentFault } from './argument-fault.ts';

/** Everything but unreserved characters is encoded: nothing in a value can separate anything. @throws ArgumentFault for half a character */
export function encoded(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, hexOf);
  } catch {
    throw new ArgumentFault('has half a character in it (a lone surrogate)');
  }
}

/**
 * The same, but for reserved characters that separate nothing in a query. `&`, `=` and `+` would, `#` would end it, and a percent sign has to be told from an encoding.
 */
export function encodedButReserved(text: string): string {
  return encoded(text).replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B|5B|5D)/g, decodeURIComponent);
}

function hexOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
