/** English suffixes off, after M. F. Porter, "An algorithm for suffix stripping" (1980); words of other scripts stay. */

const CONSONANT = '[^aeiou][^aeiouy]*';
const VOWEL = '[aeiouy][aeiou]*';
/** m > 0, m = 1 and m > 1 of the paper, where m counts the changes from vowels to consonants. */
const MEASURE_1 = new RegExp(`^(?:${CONSONANT})?${VOWEL}${CONSONANT}`);
const MEASURE_EXACTLY_1 = new RegExp(`^(?:${CONSONANT})?${VOWEL}${CONSONANT}(?:${VOWEL})?$`);
const MEASURE_2 = new RegExp(`^(?:${CONSONANT})?(?:${VOWEL}${CONSONANT}){2}`);
const HAS_VOWEL = new RegExp(`^(?:${CONSONANT})?[aeiouy]`);
/** Ends as in "hop": consonant, vowel, consonant. */
const SHORT = new RegExp(`^${CONSONANT}[aeiouy][^aeiouwxy]$`);

/** Steps 2 and 3: a suffix and what takes its place, the longest first. */
const DERIVED: readonly (readonly [suffix: string, becomes: string])[][] = [
  [
    ['ational', 'ate'],
    ['ization', 'ize'],
    ['iveness', 'ive'],
    ['fulness', 'ful'],
    ['ousness', 'ous'],
    ['tional', 'tion'],
    ['biliti', 'ble'],
    ['entli', 'ent'],
    ['ousli', 'ous'],
    ['ation', 'ate'],
    ['alism', 'al'],
    ['aliti', 'al'],
    ['iviti', 'ive'],
    ['enci', 'ence'],
    ['anci', 'ance'],
    ['izer', 'ize'],
    ['alli', 'al'],
    ['ator', 'ate'],
    ['logi', 'log'],
    ['bli', 'ble'],
    ['eli', 'e'],
  ],
  [
    ['icate', 'ic'],
    ['ative', ''],
    ['alize', 'al'],
    ['iciti', 'ic'],
    ['ical', 'ic'],
    ['ness', ''],
    ['ful', ''],
  ],
];

/** The same by the last letter, since most words end in another one. */
const BY_LAST_LETTER = DERIVED.map((suffixes) => {
  const sorted = new Map<string, (readonly [string, string])[]>();
  for (const entry of suffixes) {
    const letter = entry[0].charAt(entry[0].length - 1);
    sorted.set(letter, [...(sorted.get(letter) ?? []), entry]);
  }
  return sorted;
});

/** Step 4: suffixes that go when enough is left. */
const FINAL = /^(.+?)(?:al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize|(?<=[st])ion)$/;

/** Only plain words of this length have suffixes worth taking off. */
const STEMMED = /^[a-z]{3,40}$/;

/** Stems that were worked out before: texts repeat their words. Emptied when it is full. */
const known = new Map<string, string>();
const MAX_KNOWN = 30_000;

/** The stem of a word in lower case. */
export function stem(word: string): string {
  let found = known.get(word);
  if (found === undefined) {
    found = stemOf(word);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(word, found);
  }
  return found;
}

function stemOf(word: string): string {
  if (!STEMMED.test(word)) return word;
  let text = withoutPast(withoutPlural(word));
  if (text.endsWith('y') && HAS_VOWEL.test(text.slice(0, -1))) text = `${text.slice(0, -1)}i`;
  for (const suffixes of BY_LAST_LETTER) text = replaced(text, suffixes.get(text.charAt(text.length - 1)) ?? []);
  const rest = FINAL.exec(text)?.[1];
  if (rest !== undefined && MEASURE_2.test(rest)) text = rest;
  return withoutLastLetter(text);
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutPast(word: string): string {
  if (word.endsWith('eed')) return MEASURE_1.test(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const rest = /^(.+?)(?:ed|ing)$/.exec(word)?.[1];
  if (rest === undefined || !HAS_VOWEL.test(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/([^aeiouylsz])\1$/.test(rest)) return rest.slice(0, -1);
  return SHORT.test(rest) ? `${rest}e` : rest;
}

function replaced(word: string, suffixes: readonly (readonly [string, string])[]): string {
  for (const [suffix, becomes] of suffixes) {
    if (!word.endsWith(suffix)) continue;
    const rest = word.slice(0, -suffix.length);
    return MEASURE_1.test(rest) ? rest + becomes : word;
  }
  return word;
}

function withoutLastLetter(word: string): string {
  if (word.endsWith('e')) {
    const rest = word.slice(0, -1);
    return MEASURE_2.test(rest) || (MEASURE_EXACTLY_1.test(rest) && !SHORT.test(rest)) ? rest : word;
  }
  return word.endsWith('ll') && MEASURE_2.test(word) ? word.slice(0, -1) : word;
}
