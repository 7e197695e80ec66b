/** The letters of a word as a set of 32 bits: tells words apart that cannot be each other's misspelling, in one operation. */
export function letterSet(word: string): number {
  let set = 0;
  for (let at = 0; at < word.length; at++) set |= 1 << (word.charCodeAt(at) & 31);
  return set;
}

/** In how many letters two sets differ. A slip changes at most two. */
export function differences(a: number, b: number): number {
  let bits = a ^ b;
  let count = 0;
  while (bits !== 0) {
    bits &= bits - 1;
    count++;
  }
  return count;
}
