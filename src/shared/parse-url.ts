/**
 * URLs as WHATWG reads them. `URL.canParse` is not used: once it is compiled, it refuses every text that has a letter of Latin-1 besides
 * ASCII (seen in Node 20.20 and 22.23).
 */

/** @returns undefined for what is no URL */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** True if a text is a URL. */
export function isUrl(text: string): boolean {
  return parseUrl(text) !== undefined;
}
