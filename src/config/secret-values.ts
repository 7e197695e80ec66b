/** Tells secret values from ordinary ones by their name, their form and their randomness. Pure. */

import { Buffer } from 'node:buffer';
import { parseUrl } from '../shared/parse-url.ts';

/** Words in the name of a variable, header, flag or member whose value is a secret. */
const SECRET_WORDS = new Set(
  (
    'token secret secrets password passwd passphrase passcode pass pwd pw pin key apikey auth authorization authentication ' +
    'credential credentials cred creds cookie cookies jwt bearer signature pat otp accesskey secretkey privatekey accesstoken ' +
    'authtoken clientsecret sharedaccesskey accountkey connectionstring sig'
  ).split(' '),
);

/** Last words of a name that make it about a secret instead of one: `TOKEN_FILE`, `KEY_ID`, `AUTH_TYPE`. */
const ABOUT_WORDS = new Set(
  (
    'file path dir directory folder sock socket url uri endpoint host port id ids name user username type mode method scheme ' +
    'algorithm alg size length len count limit ttl timeout expiry expires lifetime age enabled required header headers ' +
    'prefix suffix format version region scope scopes provider server realm audience issuer domain store location'
  ).split(' '),
);

/** Values that say how, and are no secret under any name. */
const PLAIN_VALUES = new Set(
  (
    'true false null none undefined yes no on off auto default enabled disabled required optional basic bearer digest oauth ' +
    'oauth2 oidc jwt token password server client local system keychain env file production development staging test debug'
  ).split(' '),
);

/** The beginnings that issuers give their tokens. */
const TOKEN_FORMS: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{16,}/,
  /\bgithub_pat_\w{16,}/,
  /\bgl(?:pat|oat|rt|dt|ptt|cbt|ft|soat)-[\w-]{16,}/,
  /\b(?:sk|pk|rk)[-_](?=[\w-]*\d)(?:[a-z0-9]+[-_])*[A-Za-z0-9]{16,}/,
  /\bxox[abeoprs](?:\.xox[bp])?-[\w-]{10,}/,
  /\bxapp-[\w-]{10,}/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{30,}/,
  /\b(?:ya29\.|1\/\/0)[\w-]{16,}/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/,
  /\b(?:npm|hf|dop_v1|doo_v1|lin_api|ntn|secret|fw|nvapi|gsk|re|amg|figd|pscale_tkn|rnd|sbp)[_-](?=[\w-]*\d)[A-Za-z0-9_-]{20,}/,
  /\bpypi-[\w-]{16,}/,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/,
  /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}/,
  /\b(?:tvly|ATATT|ATCTT|pat|key|cfut)[-_]?(?=[\w=.-]*\d)[A-Za-z0-9][\w=.-]{22,}/,
  /\b\d{6,12}:[A-Za-z0-9_-]{30,}\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const URL_START = /^(?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/\S+$/i;
/** Password of a URL anywhere in a text, also of one with several hosts. */
const USER_INFO = /:\/\/[^\s/:@]*:([^\s/]+)@/g;
/** `name=value` and `name: value` inside a value: connection strings, lists of headers. */
const PAIR = /(?:^|[\s;,&?](?=[\w-]+\s*=)|[\n;,]\s*)([A-Za-z][\w-]{0,40}?)\s*[=:]\s*("[^"]*"|'[^']*'|[^;,&\s]+)/g;
const SCHEME = /^(?:bearer|basic|token|apikey|digest|negotiate|key)\s+(\S.*)$/i;

/** True if the value under this name is a secret unless it says only how: `GITHUB_TOKEN`, `X-Api-Key`, `--password`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1)?.replace(/\d+$/, '');
  if (last === undefined || ABOUT_WORDS.has(last)) return false;
  const isWord = (word: string): boolean => SECRET_WORDS.has(word.replace(/\d+$/, ''));
  return words.some(isWord) || /(?:passwords?|passwd|secrets?|token|apikey|credentials?)$/.test(last);
}

/** True if a text has the form of a token, or looks random enough to be one. */
export function looksSecret(value: string): boolean {
  return TOKEN_FORMS.some((form) => form.test(value)) || UUID.test(value) || isRandom(value);
}

/**
 * The secrets in a value: all of it, or what is secret inside it (the password of a URL, a member of JSON, a part of a connection
 * string). Empty for ordinary values.
 * @param name of the variable, header or flag; undefined where there is none.
 */
export function secretsIn(name: string | undefined, value: string, depth = 0): string[] {
  const text = value.trim();
  if (text === '' || depth > 4) return [];
  if (URL_START.test(text)) return secretsOfUrl(text);
  const inner = /^[[{]/.test(text) ? secretsOfJson(text, depth) : undefined;
  if (inner !== undefined) return inner;
  const named = name !== undefined && isSecretName(name);
  const credential = SCHEME.exec(text)?.[1];
  if (credential !== undefined && (named || /^bearer\s+\S+$/i.test(text) || looksSecret(credential))) {
    return [text, credential, ...passwordOfBasic(text, credential)];
  }
  if (named) return isPlain(text) ? [] : [text, ...secretsOfPairs(text)];
  if (looksSecret(text)) return isPathOfWords(text) ? [] : [text];
  return secretsOfPairs(text);
}

/** The password in a URL, a user who is a token, and values of its query, fragment and path that are secrets. */
export function secretsOfUrl(text: string): string[] {
  const url = parseUrl(text);
  if (url === undefined) return secretsOfPairs(text);
  const found: string[] = [];
  const add = (written: string): void => void found.push(written, decoded(written));
  if (url.password !== '') add(url.password);
  const isToken = url.password === '' || /^x-oauth/i.test(url.password) || looksSecret(url.username);
  if (url.username !== '' && isToken) add(url.username);
  for (const pair of `${url.search.slice(1)}&${url.hash.slice(1)}`.split('&')) {
    const at = pair.indexOf('=');
    const value = pair.slice(at + 1);
    const isNamed = at >= 0 && isSecretName(decoded(pair.slice(0, at)));
    if (value !== '' && ((isNamed && !isPlain(value)) || looksSecret(decoded(value)))) add(value);
  }
  for (const part of url.pathname.split('/')) if (part !== '' && looksSecret(decoded(part))) add(part);
  return [...new Set(found)];
}

/** The secrets in the arguments of a command: behind flags, in `name=value`, in URLs, and what looks like one. */
export function secretsOfArguments(args: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    const [, flag, value] = /^(--?[\w-]+|[A-Za-z_][\w.-]*)=(.*)$/s.exec(arg) ?? [];
    if (flag !== undefined && value !== undefined) return secretsIn(flag, value);
    const before = args[at - 1];
    const isValue = before !== undefined && /^--?[A-Za-z][\w-]*$/.test(before) && !arg.startsWith('-');
    return secretsIn(isValue ? before : undefined, arg);
  });
}

/** A value that is no secret under any name: a word that says how, a number that counts, a path. */
function isPlain(value: string): boolean {
  return PLAIN_VALUES.has(value.toLowerCase()) || /^\d{1,3}$/.test(value) || isPath(value);
}

function isPath(value: string): boolean {
  return /^(?:~|\.{1,2})?\/|^[A-Za-z]:[\\/]/.test(value) && !value.split(/[\\/]/).some(isRandom) && !/[+=]/.test(value);
}

/** A path with words enough: a folder among them may be called by a hash, as those of package managers are. */
function isPathOfWords(value: string): boolean {
  if (!/^(?:~|\.{1,2})?\/|^[A-Za-z]:[\\/]/.test(value) || /[+=]/.test(value)) return false;
  const parts = value.split(/[\\/]/).slice(1);
  const random = parts.filter(looksSecret);
  const words = parts.filter((part) => /^[.@_]?[a-z]{3,}(?:[-_.][a-z0-9]+)*$/.test(part) && !random.includes(part));
  const hasToken = random.some(
    (part) => !/^[0-9a-z]+(?:-[\w.-]+)?$/.test(part) || TOKEN_FORMS.some((form) => form.test(part)),
  );
  return words.length >= 2 && words.length > random.length && !hasToken;
}

function secretsOfJson(text: string, depth: number): string[] | undefined {
  try {
    return walk(undefined, JSON.parse(text), depth + 1);
  } catch {
    return undefined;
  }
}

function walk(name: string | undefined, value: unknown, depth: number): string[] {
  if (typeof value === 'string') return secretsIn(name, value, depth);
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  if (Array.isArray(value)) return value.flatMap((item) => walk(name, item, depth + 1));
  return Object.entries(value).flatMap(([key, item]) => walk(key, item, depth + 1));
}

function secretsOfPairs(text: string): string[] {
  const passwords = Array.from(text.matchAll(USER_INFO), ([, password = '']) => [password, decoded(password)]).flat();
  const pairs = Array.from(text.matchAll(PAIR)).flatMap(([, name = '', quoted = '']) => {
    const value = quoted.replace(/^(["'])(.*)\1$/s, '$2');
    if (SCHEME.test(`${value} x`)) {
      // `Authorization: Bearer abc`: what follows the scheme.
      const rest = text.slice(text.indexOf(quoted)).trim();
      return secretsIn(name, rest.split(/[;,]/)[0] ?? '', 4);
    }
    if (isSecretName(name)) return isPlain(value) ? [] : [value];
    return looksSecret(value) ? [value] : [];
  });
  return [...passwords, ...pairs];
}

/** `Basic` carries user and password in base64. */
function passwordOfBasic(text: string, credential: string): string[] {
  if (!/^basic\s/i.test(text)) return [];
  const plain = Buffer.from(credential, 'base64').toString('utf8');
  const at = plain.indexOf(':');
  return at < 0 || plain.includes('\ufffd') ? [] : [plain, plain.slice(at + 1)].filter((part) => part.length >= 4);
}

/**
 * True if a piece of the text has as much chance in it as keys have. Words, versions, dates, hosts, paths, names of models and
 * regions do not: letters and digits take turns too seldom.
 */
function isRandom(text: string): boolean {
  if (text.length < 16 || text.length > 8192 || /\s/.test(text)) return false;
  return text.split(/[-_./:,@]/).some(isRandomPiece) || isMixed(text);
}

function isRandomPiece(piece: string): boolean {
  if (piece.length < 16) return false;
  if (/^[0-9a-f]+$/i.test(piece) && /[a-f]/i.test(piece) && /\d/.test(piece)) return true;
  if (/\d/.test(piece)) return changes(piece) >= piece.length / 5 && /[A-Za-z]/.test(piece);
  // Base64 that happens to have no digit: capitals stand together more often than in names of functions.
  return piece.length >= 20 && (piece.match(/[A-Z]{2,}/g)?.length ?? 0) >= 2 && changes(piece) >= piece.length / 6;
}

/** Separators are part of the alphabet: base64url, or a password of all kinds of characters. */
function isMixed(text: string): boolean {
  if (text.length < 20 || !/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  const longest = Math.max(...text.split(/[-_./:,@]/).map((piece) => piece.length));
  return longest >= 6 && changes(text.replace(/[-_./:,@]/g, '')) >= text.length / 4;
}

/** Counts how often small letters, capitals, digits and other characters take turns; a capital before small letters is one word. */
function changes(text: string): number {
  let count = 0;
  for (let at = 1; at < text.length; at++) {
    const one = kind(text.charCodeAt(at - 1));
    const other = kind(text.charCodeAt(at));
    if (one !== other && !(one === CAPITAL && other === SMALL)) count++;
  }
  return count;
}

const [SMALL, CAPITAL, DIGIT, OTHER] = [0, 1, 2, 3];

function kind(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return SMALL;
  if (code >= 0x41 && code <= 0x5a) return CAPITAL;
  return code >= 0x30 && code <= 0x39 ? DIGIT : OTHER;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
