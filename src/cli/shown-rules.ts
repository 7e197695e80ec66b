/** The rules as they are shown to those who do not have this account. */
import { secretsOfUrl } from '../config/secret-values.ts';

/** An address as it stands in JSON, escapes of its slashes included. */
const ADDRESS = /https?:\\?\/\\?\/[^"\s]+/gi;
const HIDDEN = 'hidden';

/**
 * The same rules with other hashes of tokens, which are nobody's to read and decide nothing, and without what is secret in addresses. Pure.
 * @param text of a rules file
 */
export function shownRules(text: string): string {
  let count = 0;
  const addresses = text.replace(ADDRESS, (written) => {
    const address = written.replaceAll('\\/', '/');
    const secrets = secretsOfUrl(address).sort((one, other) => other.length - one.length);
    return secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), secrets.length > 0 ? address : written);
  });
  return addresses.replace(/[0-9a-f]{64}/gi, () => String(count++).padStart(64, '0'));
}
