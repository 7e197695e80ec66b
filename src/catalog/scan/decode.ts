/** Text that stands encoded in another text: as base64, numbers, escapes, shifted letters, or in characters that nobody sees. */
import { unseenIn } from '../../shared/unseen.ts';
import type { Steps } from './tokens.ts';

interface Decoded {
  readonly how: string;
  readonly text: string;
  /** Offsets of what was decoded. */
  readonly start: number;
  readonly end: number;
  /** The whole text in another spelling: of interest only for what is found in it. */
  readonly isWhole: boolean;
}

/** Fewest characters that are decoded. */
const SHORTEST = 8;

const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}(?:\s[A-Za-z0-9+/_-]{16,}={0,2})*/g;
const BASE32 = /\b[A-Z2-7]{24,}={0,6}/g;
const HEX = /(?<![A-Za-z\d])(?:0x|\\x)?[\da-f]{2}(?:[\s,:]{0,2}(?:0x|\\x)?[\da-f]{2}){7,}/gi;
const NUMBERS =
  /\b(?:[3-9]\d|1[01]\d|12[0-6])(?:[\s,;]{1,2}(?:[3-9]\d|1[01]\d|12[0-6]))(?:[\s,;]{1,2}(?:10|13|[3-9]\d|1[01]\d|12[0-6])){6,}\b/g;
const BINARY = /\b[01]{8}(?:\s?[01]{8}){5,}\b/g;
const ESCAPED =
  /\\u\{?[\da-f]{2,6}\}?|\\x[\da-f]{2}|%[\da-f]{2}|&#x?[\da-f]{2,6};|\\[0-3][0-7]{2}|=[\dA-F]{2}|U\+[\da-f]{4,6}/gi;
const NAMED = /&(?:lt|gt|quot|apos|amp|nbsp);/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
  '&nbsp;': ' ',
};

/** Everything that may be read out of a text. Linear. @param hasWholes whether the text as a whole may be spelled otherwise */
export function decodedIn(text: string, hasWholes: boolean, steps: Steps): Decoded[] {
  steps.count += text.length;
  return [...spansIn(text), ...unseenTexts(text), ...(hasWholes ? wholesOf(text) : [])];
}

function spansIn(text: string): Decoded[] {
  const found: Decoded[] = [];
  const look = (pattern: RegExp, how: string, decode: (run: string) => string | undefined): void => {
    for (const { 0: run, index } of text.matchAll(pattern)) {
      const decoded = decode(run);
      if (decoded !== undefined && isReadable(decoded))
        found.push({ how, text: decoded, start: index, end: index + run.length, isWhole: false });
    }
  };
  look(BASE64, 'base64', fromBase64);
  look(BASE32, 'base32', fromBase32);
  look(HEX, 'hexadecimal', (run) =>
    bytesText(
      run
        .replace(/0x|\\x|[\s,:]/gi, '')
        .match(/../g)
        ?.map((pair) => Number.parseInt(pair, 16)) ?? [],
    ),
  );
  look(NUMBERS, 'numbers of characters', (run) => bytesText(run.split(/\D+/).map(Number)));
  look(BINARY, 'binary', (run) =>
    bytesText(
      run
        .replace(/\s/g, '')
        .match(/.{8}/g)
        ?.map((bits) => Number.parseInt(bits, 2)) ?? [],
    ),
  );
  return found;
}

function wholesOf(text: string): Decoded[] {
  const found: Decoded[] = [];
  const add = (how: string, decoded: string): void => {
    if (decoded !== text) found.push({ how, text: decoded, start: 0, end: text.length, isWhole: true });
  };
  const escapes = text.match(ESCAPED)?.length ?? 0;
  if (escapes >= 4) add('escapes', text.replace(ESCAPED, unescaped));
  if (text.includes('&'))
    add(
      'HTML entities',
      text.replace(NAMED, (name) => ENTITIES[name] ?? name),
    );
  if (/[A-Za-z]{4}/.test(text)) {
    add('rot13', text.replace(/[A-Za-z]/g, rotated));
    add('reversed', Array.from(text).reverse().join(''));
  }
  return found;
}

function unescaped(sign: string): string {
  if (sign.startsWith('%') || sign.startsWith('=')) return String.fromCharCode(Number.parseInt(sign.slice(1), 16));
  if (/^\\[0-3]/.test(sign)) return String.fromCharCode(Number.parseInt(sign.slice(1), 8));
  const isDecimal = /^&#\d/.test(sign);
  const digits = isDecimal ? sign.replace(/\D/g, '') : sign.replace(/^(?:\\u\{?|\\x|&#x|U\+)|[};]$/gi, '');
  const code = Number.parseInt(digits, isDecimal ? 10 : 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function rotated(letter: string): string {
  const code = letter.charCodeAt(0);
  const first = code >= 97 ? 97 : 65;
  return String.fromCharCode(((code - first + 13) % 26) + first);
}

/** Decodes tags, selectors and zero-width characters. */
function unseenTexts(text: string): Decoded[] {
  const unseen = unseenIn(text);
  const [first, last] = [unseen[0], unseen.at(-1)];
  if (first === undefined || last === undefined) return [];
  const codes = unseen.map(({ code }) => code);
  const tags = codes.filter((code) => code >= 0xe0020 && code < 0xe007f).map((code) => code - 0xe0000);
  const selectors = codes.filter((code) => (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef));
  const bytes = selectors.map((code) => (code <= 0xfe0f ? code - 0xfe00 : code - 0xe0100 + 16));
  const found: Decoded[] = [];
  const add = (how: string, decoded: string | undefined): void => {
    if (decoded !== undefined && isReadable(decoded, 3))
      found.push({ how, text: decoded, start: first.at, end: last.at + 1, isWhole: false });
  };
  add('tag characters', String.fromCharCode(...tags.slice(0, 20_000)));
  add('variation selectors', bytesText(bytes));
  for (const [zero, one] of [
    [0x200b, 0x200c],
    [0x200c, 0x200d],
    [0x200b, 0x200d],
    [0x2062, 0x2064],
  ]) {
    const bits = codes.filter((code) => code === zero || code === one).map((code) => (code === one ? 1 : 0));
    add('zero-width characters', bitsText(bits));
    add('zero-width characters', bitsText(bits.map((bit) => 1 - bit)));
  }
  return found;
}

function bitsText(bits: readonly number[]): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at + 8 <= bits.length; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8).join(''), 2));
  return bytesText(bytes);
}

function bytesText(bytes: readonly number[]): string | undefined {
  return textOf(Buffer.from(bytes));
}

function fromBase64(run: string): string | undefined {
  const compacted = run.replace(/\s/g, '');
  return textOf(Buffer.from(compacted, compacted.includes('-') || compacted.includes('_') ? 'base64url' : 'base64'));
}

const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(run: string): string | undefined {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const digit of run.replaceAll('=', '')) {
    value = ((value << 5) | BASE32_DIGITS.indexOf(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return bytesText(bytes);
}

/** UTF-8, or UTF-16 of little end as PowerShell takes it. @returns undefined for other bytes */
function textOf(bytes: Buffer): string | undefined {
  const isWide = bytes.length > 8 && bytes.length % 2 === 0 && bytes.every((byte, at) => at % 2 === 0 || byte === 0);
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8');
  return text.includes('\ufffd') ? undefined : text;
}

const CONTROL = /(?![\t\n\r])\p{Cc}/u;

/** Printable, and not just digits. */
function isReadable(text: string, shortest = SHORTEST): boolean {
  if (text.length < shortest || CONTROL.test(text)) return false;
  const letters = text.match(/[\p{L}\p{M} ]/gu)?.length ?? 0;
  return letters >= text.length * 0.3;
}
