/**
 * Characters that nobody sees and a model reads: tags, zero-width characters, direction overrides, variation selectors, controls,
 * characters that have no meaning but a private one.
 * Those that a script or an emoji needs are none of them: joiners in Persian and Indic words, selectors after emoji, flags.
 */

interface UnseenCharacter {
  /** Offset in UTF-16 units. */
  readonly at: number;
  readonly code: number;
}

const PLAIN = /^[\t\n\r -~]*$/;
/** All that may be unseen. Format characters that are drawn, such as signs over Arabic numbers, are not. */
const SUSPECT = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Co}\ufff9-\ufffb\u2800]/u;
const IGNORABLE = /^(?:\p{Default_Ignorable_Code_Point}|\p{Co})$/u;

/** Scripts whose letters are written differently with a joiner, or without one, between them. */
const JOINING =
  /^[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Mymr}\p{scx=Khmr}\p{scx=Tibt}]$/u;
/** Scripts without spaces, in which a line may break at a zero-width one. */
const UNSPACED = /^[\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]$/u;
const RIGHT_TO_LEFT = /[\p{sc=Hebr}\p{sc=Arab}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}]/u;
const LETTER_TO_JOIN = /^[\p{L}\p{M}]$/u;
const PICTURE = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\u2640\u2642\u2695\u{1f1e6}-\u{1f1ff}]$/u;
const PRESENTED = /^(?:\p{Emoji}|\p{Extended_Pictographic}|\u20e3)$/u;
const HAN = /^\p{sc=Han}$/u;
const MATHEMATICAL = /^\p{Sm}$/u;
const HANGUL = /^\p{sc=Hang}$/u;
const MONGOLIAN = /^\p{sc=Mong}$/u;

const ZERO_WIDTH_SPACE = 0x200b;
const NON_JOINER = 0x200c;
const JOINER = 0x200d;
const TEXT_STYLE = 0xfe0e;
const EMOJI_STYLE = 0xfe0f;
const CANCEL_TAG = 0xe007f;
/** The three flags that are written with tags behind a black flag: England, Scotland, Wales (Unicode emoji, RGI set). */
const TAGGED_FLAGS: ReadonlySet<string> = new Set(['gbeng', 'gbsct', 'gbwls']);
const BLACK_FLAG = 0x1f3f4;

/** True if a text has letters of a script that is written from right to left, which needs marks of direction. */
export function hasRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/** The unseen characters of a text, in order. Linear. @param isRightToLeft where it is a part of a text: whether that has such letters */
export function unseenIn(text: string, isRightToLeft?: boolean): readonly UnseenCharacter[] {
  if (PLAIN.test(text) || !SUSPECT.test(text)) return [];
  const found: UnseenCharacter[] = [];
  const hasMarks = isRightToLeft ?? hasRightToLeft(text);
  const characters = Array.from(text);
  let at = 0;
  let flagEnds = -1;
  for (const [index, character] of characters.entries()) {
    const code = character.codePointAt(0) ?? 0;
    if (code === BLACK_FLAG) flagEnds = endOfFlag(characters, index);
    const isSeen = index <= flagEnds || !isSuspect(character, code) || isNeeded(code, characters, index, hasMarks);
    if (!isSeen) found.push({ at, code });
    at += character.length;
  }
  return found;
}

/** The text without them. */
export function withoutUnseen(text: string): string {
  const unseen = unseenIn(text);
  if (unseen.length === 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (const { at, code } of unseen) {
    parts.push(text.slice(from, at));
    from = at + (code > 0xffff ? 2 : 1);
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** The text with each of them written as `<U+200B>`; tags as `<tag:A>`, since they say letters. */
export function showUnseen(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const { at, code } of unseenIn(text)) {
    parts.push(text.slice(from, at), nameOf(code));
    from = at + (code > 0xffff ? 2 : 1);
  }
  parts.push(text.slice(from));
  return parts.join('');
}

function nameOf(code: number): string {
  if (code >= 0xe0020 && code < CANCEL_TAG) return `<tag:${String.fromCharCode(code - 0xe0000)}>`;
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

function isSuspect(character: string, code: number): boolean {
  if (code < 0x7f) return code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d;
  if (code < 0xa0) return code !== 0x85;
  return IGNORABLE.test(character) || (code >= 0xfff9 && code <= 0xfffb) || code === 0x2800;
}

/** True if the characters around it need it. */
function isNeeded(code: number, characters: readonly string[], index: number, isRightToLeft: boolean): boolean {
  const before = characters[index - 1] ?? '';
  const after = characters[index + 1] ?? '';
  if (code === JOINER || code === NON_JOINER) {
    const joinsLetters = JOINING.test(before) && LETTER_TO_JOIN.test(before) && !isJoiner(after);
    return joinsLetters || (code === JOINER && joinsPictures(characters, index));
  }
  if (code === ZERO_WIDTH_SPACE) return UNSPACED.test(before) && UNSPACED.test(after);
  if (code === EMOJI_STYLE || code === TEXT_STYLE) return PRESENTED.test(before);
  if (code >= 0xfe00 && code < TEXT_STYLE) return HAN.test(before) || MATHEMATICAL.test(before);
  if (code >= 0xe0100 && code <= 0xe01ef) return HAN.test(before);
  if ((code >= 0x180b && code <= 0x180f) || code === 0x180e) return MONGOLIAN.test(before);
  if (code === 0x115f || code === 0x1160) return HANGUL.test(before) || HANGUL.test(after);
  const isMark = code === 0x200e || code === 0x200f || code === 0x061c;
  const isIsolate = code >= 0x2066 && code <= 0x2069;
  const isEmbedding = code >= 0x202a && code <= 0x202c;
  return isRightToLeft && (isMark || isIsolate || isEmbedding);
}

function isJoiner(character: string): boolean {
  return character === '\u200c' || character === '\u200d';
}

/** A picture, or the style or colour of one, on both sides. */
function joinsPictures(characters: readonly string[], index: number): boolean {
  const before = characters[index - 1] ?? '';
  const pictured = before === '\ufe0f' ? (characters[index - 2] ?? '') : before;
  return PICTURE.test(pictured) && PICTURE.test(characters[index + 1] ?? '');
}

/** @returns the index of the last character of a flag written with tags, -1 where none follows. */
function endOfFlag(characters: readonly string[], flag: number): number {
  let letters = '';
  for (let index = flag + 1; index <= flag + 6; index++) {
    const code = characters[index]?.codePointAt(0) ?? 0;
    if (code === CANCEL_TAG) return TAGGED_FLAGS.has(letters) ? index : -1;
    letters += String.fromCharCode(code & 0x7f);
  }
  return -1;
}
