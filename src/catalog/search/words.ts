/** Text -> words: the same for what servers wrote and for what an agent asks. */

/** Characters of one text that are looked at; a description longer than this says nothing new. */
const MAX_TEXT = 8000;

/** Scripts that are written without spaces between words, and Korean, whose words have their endings attached. */
const UNSPACED =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

const ASCII = /^[\0-\x7f]*$/;

const RUNS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー]+|\p{sc=Hangul}+|[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+|[\p{L}\p{M}]+|\p{Nd}+/gu;

/**
 * Words in lower case without accents, in order: camelCase, snake_case and kebab-case are split, digits stand alone, and
 * scripts without spaces become overlapping pairs of characters, so that any word of theirs is found inside a sentence.
 */
export function words(text: string): string[] {
  const some = text.slice(0, MAX_TEXT);
  if (ASCII.test(some)) return asciiWords(some);
  const found: string[] = [];
  for (const run of plain(some).match(RUNS) ?? []) {
    if (UNSPACED.test(run)) pairs(run, found);
    else found.push(run);
  }
  return found;
}

/** The same for what most texts are, several times as fast. */
function asciiWords(text: string): string[] {
  const spaced = text.replace(/([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2 ');
  return (
    spaced
      .toLowerCase()
      .replace(/'s(?![a-z])/g, '')
      .match(/[a-z]+|\d+/g) ?? []
  );
}

function plain(text: string): string {
  return (
    text
      .normalize('NFKD')
      // Accents of Latin, Greek and Cyrillic; vowel signs of other scripts stay.
      .replace(/[\u0300-\u036f]+/g, '')
      .normalize('NFC')
      .replace(/(?<=[\p{Ll}\p{Nd}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ')
      .toLowerCase()
      .replace(/[ßæœøłđı]/g, (letter) => PLAIN.get(letter) ?? letter)
      .replace(/['\u2019]s(?!\p{L})/gu, '')
  );
}

/** Letters that do not decompose, and what people write where they have no such key. */
const PLAIN: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ı', 'i'],
]);

function pairs(run: string, found: string[]): void {
  const characters = Array.from(run);
  if (characters.length === 1) found.push(run);
  for (let at = 1; at < characters.length; at++) found.push(`${characters[at - 1]}${characters[at]}`);
}
