/** Text by a server inside a text by the gateway. */

import { cutText } from './truncate.ts';

/** Characters that nobody sees and a model may read: marks of direction, joiners, tags, variation selectors, private characters. */
const UNSEEN = /[\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;
const SPACE = /[\p{Cc}\p{Z}]+/gu;

/**
 * The beginning of a text as one line in quotes. It cannot end its line or its quotes, so that nothing in it can stand beside
 * what others say: line breaks become spaces, what cannot be seen is left out.
 * @param length characters at most, quotes and their escapes aside
 */
export function quoted(text: string, length: number): string {
  const line = text.replace(UNSEEN, '').replace(SPACE, ' ').trim();
  return JSON.stringify(line.length > length ? `${cutText(line, length)}…` : line);
}
