/** Texts as a reader takes them in: without what is unseen, styled letters plain, accents and look-alikes of other scripts folded. */
import { withoutUnseen } from '../../shared/unseen.ts';

const ASCII = /^[\0-\x7f]*$/;
const MARKS = /[\u0300-\u036f]+/g;
const LATIN = /\p{sc=Latin}/gu;
const CYRILLIC_OR_GREEK = /[\p{sc=Cyrillic}\p{sc=Greek}]/gu;
const WORD = /[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Armn}\p{sc=Cher}]+/gu;
const SOME_LATIN = /\p{sc=Latin}/u;

/** Letters that are drawn like Latin ones in common fonts (Unicode UTS 39), each with the one that it is taken for. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    'аa сc еe һh іi јj кk ӏl мm нh оo рp ԛq ѕs тt уy ԝw хx үy ԁd вb гr ѵv пn ѡw',
    'αa βb εe ηn ιi κk νv οo τt ρp υu χx ωw',
    'АA ВB ЕE ІI ЈJ КK МM НH ОO РP СC ТT УY ХX ѴV ԚQ ԜW ЅS ҮY',
    'ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX',
    'ıi ɩi ɑa ɡg ᴀa ᴄc ᴇe ᴏo ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz ʙb ɢg ʜh ɪi ʟl ɴn ʀr ᴅd ᴊj ᴋk ᴍm ᴘp ʏy',
    'օo սu հh ոn ցg',
  ].flatMap((line) => line.split(' ').map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)])),
);

/** Letters that do not decompose. */
const PLAIN: ReadonlyMap<string, string> = new Map(
  Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' }),
);

/** The factor by which a text may grow. */
const MOST_LARGER = 3;

/** The text as it is read: compared with words, never shown to anybody but in an excerpt. */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text;
  const seen = withoutUnseen(text);
  const decomposed = seen.normalize('NFKD');
  // A few signs stand for a whole sentence each.
  const plain = decomposed.length > MOST_LARGER * seen.length ? seen : decomposed;
  const visible = plain.replace(MARKS, '').normalize('NFC');
  const latin = count(visible, LATIN);
  const isLatin = latin > 2 * count(visible, CYRILLIC_OR_GREEK);
  return visible
    .replace(WORD, (word) => (isLatin || SOME_LATIN.test(word) ? looksOf(word) : word))
    .replace(/[ßæœøłđ]/g, (letter) => PLAIN.get(letter) ?? letter);
}

/** A word in the Latin letters that it looks like; of several scripts or none, as it is where it does not look like any. */
export function looksOf(word: string): string {
  if (ASCII.test(word)) return word;
  return Array.from(word, (letter) => LOOK_ALIKES.get(letter) ?? letter).join('');
}

/** True if letters of another script stand in a Latin word, so that it reads as one. */
export function isDisguised(word: string): boolean {
  return (
    !ASCII.test(word) &&
    SOME_LATIN.test(word) &&
    /[\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Armn}]/u.test(word) &&
    ASCII.test(looksOf(word))
  );
}

/** The first words in which letters of another script are mixed with Latin ones. */
export function disguisedWords(text: string): string[] {
  if (ASCII.test(text)) return [];
  return (withoutUnseen(text).match(WORD) ?? []).filter((word) => word.length > 2 && isDisguised(word));
}

function count(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}
