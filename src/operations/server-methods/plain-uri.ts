import { isUrl } from '../../shared/parse-url.ts';

/** Checks URIs that a caller made up itself for the templates of a server: they must be readable in one way only. */

/** Characters of RFC 3986; escapes in capitals (section 6.2.2.1). */
const CHARACTERS = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-F]{2})+$/;
/**
 * Escapes of what needs none (section 6.2.2.2), of control characters, and of escapes: whoever decodes them once more than
 * the rules do would read another URI.
 */
const NEEDLESS = /%(?:2[DE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAEF]|[01].|C2%[89].|25[\dA-Fa-f]{2})/;
/** A backslash that only a server sees which decodes. An escaped slash is how a template takes a value with one. */
const HIDDEN_BACKSLASH = /%5C/;
/** The beginning of an address that is the value of a template. */
const INNER_URL = /(?<![a-z\d+.-])[a-z][a-z\d+.-]*:\/\//gi;
const UP = /^\s*\.{2,}\s*$/;
const HERE = /^\s*\.\s*$/;

/**
 * True if a URI is its own normal form (WHATWG) and stays the same resource for a server that decodes it: no control
 * character, white space or backslash, no dot segment in any disguise, no empty segment, no user.
 */
export function isPlainUri(uri: string): boolean {
  if (!CHARACTERS.test(uri) || NEEDLESS.test(uri) || !isUrl(uri)) return false;
  const { href, username, password, hostname, pathname } = new URL(uri);
  if (href !== uri || username !== '' || password !== '') return false;
  const [path = '', ...rest] = uri.split(/[?#]/);
  const decoded = decode(hostname + pathname);
  if (HIDDEN_BACKSLASH.test(path) || decoded === undefined || decoded.replace(INNER_URL, '').includes('//'))
    return false;
  const decodedPath = decode(path);
  const decodedRest = decode(rest.join('&'));
  if (decodedPath === undefined || decodedRest === undefined) return false;
  return !segments(decodedPath).some((part) => UP.test(part) || HERE.test(part)) && !segments(decodedRest).some(isUp);
}

function isUp(segment: string): boolean {
  return UP.test(segment);
}

/** Pieces between characters that some server or other takes for a separator. */
function segments(text: string): string[] {
  return text.split(/[/\\:;&=,]/);
}

/**
 * Undefined where it is no UTF-8: overlong forms are other spellings too. Compatibility characters as what they look like, without
 * invisible ones, which some file systems leave out.
 */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}+/gu, '');
  } catch {
    return undefined;
  }
}
