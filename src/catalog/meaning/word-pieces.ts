/**
 * Cuts text into the pieces of words that a model knows (WordPiece, uncased), as the model's own tokenizer does: lower case
 * without accents, words and signs apart, and of each word the longest known beginning, then the longest known continuation.
 */

/** Characters of one word; a longer one is no word. */
const MAX_WORD = 100;
/** Words whose pieces are remembered. */
const MAX_REMEMBERED = 10_000;
/** The mark of a piece that continues a word. */
const CONTINUED = '##';

const ASCII = /^[\t\n\r -~]*$/;
const ASCII_WORDS = /[!-/:-@[-`{-~]|[^\s!-/:-@[-`{-~]+/g;
const WORDS = /[!-/:-@[-`{-~\p{P}]|[^\s!-/:-@[-`{-~\p{P}]+/gu;
const UNSEEN = /(?![\t\n\r])[\0\ufffd\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const IDEOGRAPHS =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** Pieces by their text, as numbers. */
export class WordPieces {
  readonly #first = new Map<string, number>();
  readonly #next = new Map<string, number>();
  #longest = 0;
  /** The pieces of words that were cut: texts are made of the same words again and again. Emptied when it is full. */
  readonly #cut = new Map<string, readonly number[]>();

  /** @param piece begins with `##` if it continues a word */
  add(piece: string, id: number): void {
    const isNext = piece.length > CONTINUED.length && piece.startsWith(CONTINUED);
    const text = isNext ? piece.slice(CONTINUED.length) : piece;
    (isNext ? this.#next : this.#first).set(text, id);
    this.#longest = Math.max(this.#longest, text.length);
  }

  /** The words of a text, each as the numbers of its pieces; none for a word that cannot be made of them. */
  cut(text: string): (readonly number[])[] {
    return splitWords(text).map((word) => this.#piecesOf(word));
  }

  /** The number of a word in lower case without accents, where it is a piece. */
  idOf(word: string): number | undefined {
    return this.#first.get(word);
  }

  /** True if a word in lower case without accents is a piece. */
  has(word: string): boolean {
    return this.#first.has(word);
  }

  #piecesOf(word: string): readonly number[] {
    const known = this.#cut.get(word);
    if (known !== undefined) return known;
    const ids = this.#cutWord(word);
    if (this.#cut.size >= MAX_REMEMBERED) this.#cut.clear();
    this.#cut.set(word, ids);
    return ids;
  }

  #cutWord(word: string): readonly number[] {
    const whole = this.#first.get(word);
    if (whole !== undefined) return [whole];
    if (word.length > MAX_WORD && Array.from(word).length > MAX_WORD) return [];
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      const known = start === 0 ? this.#first : this.#next;
      let end = Math.min(word.length, start + this.#longest);
      let id = known.get(word.slice(start, end));
      while (id === undefined && end > start) id = known.get(word.slice(start, --end));
      if (id === undefined) return [];
      ids.push(id);
      start = end;
    }
    return ids;
  }
}

function splitWords(text: string): string[] {
  if (ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  const plain = text
    .replace(UNSEEN, '')
    .replace(IDEOGRAPHS, ' $& ')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    // Letter by letter: a sigma at the end of a word is no other one here.
    .replace(/Σ/g, 'σ')
    .toLowerCase();
  return plain.match(WORDS) ?? [];
}
