/** A text as a row of words with what they stand for. */

import { conceptNumber, conceptsOfWord, isKnownWord, phrasesFrom, wordInside } from './concepts.ts';
import { secretPath } from './secret-paths.ts';

export interface ScanToken {
  /** In lower case; empty for the end of a sentence. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  concepts: readonly number[];
  /** Stands in quotes, which begin in its sentence. */
  readonly isQuoted: boolean;
  /** Follows a label such as "Example:" in its sentence. */
  readonly isCited: boolean;
  /** The first one behind a comma, a dash or a bracket. */
  readonly beginsClause: boolean;
}

/** The meaning of identifiers, by name. */
export type Names = ReadonlyMap<string, 'OWN_TOOL' | 'OTHER_TOOL' | 'OWN_PARAM'>;

/** Counts what a scan does, for tests. */
export interface Steps {
  count: number;
}

/** Words of a label. */
const LABEL = 3;
const CITE = conceptNumber('CITE');
/** Characters of one word that are looked at. */
const LONGEST_WORD = 200;

/**
 * Words and pieces between them. Each alternative begins with another character or is bounded, so that no text makes it go back:
 * line breaks, what stands between spaces and brackets, one sign.
 */
const PIECES =
  /\r?\n[ \t]*|[^\s"“”„«»「」『』`()<>[\]{},;。！？、，；]+|["“”„«»「」『』`]|[()<>[\]{},;]|[。！？、，；]/gu;
const WORDS = /[\p{L}\p{M}]+(?:['’][\p{L}]+)*|\p{Nd}+/gu;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;
const EMAIL = /^[\w.+%-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/;
const URL_LIKE = /^[a-z][a-z+.-]{1,10}:\/\/\S/i;
const BARE_HOST =
  /^(?:www\.)?[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){0,4}\.(?:com|net|org|io|dev|site|xyz|ru|cn|co|me|app|info|biz|top|tk|sh|evil|attacker|test|example|invalid|local|onion)(?:[/:?]\S*)?$/i;
const IP = /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/;
const WALLET = /^(?:0x[\da-f]{40}|bc1[a-z\d]{25,60}|[a-z]{2}\d{2}[a-z\d]{11,30})$/i;
const IDENTIFIER =
  /^[A-Za-z][A-Za-z\d]*(?:_[A-Za-z\d]+)+$|^[a-z][a-z\d]*(?:-[a-z\d]+)+$|^[a-z][a-z\d]*[A-Z][A-Za-z\d]*$/;
const SECRET_NAME = /^[A-Z\d_]*(?:API_?KEY|SECRET|TOKEN|PASSWORD|ACCESS_KEY|PRIVATE_KEY)[A-Z\d_]*$/;
/** Services that take whatever is sent to them. */
const DROP =
  /webhook\.site|requestbin|pipedream\.net|beeceptor|ngrok|burpcollaborator|oast|interact\.sh|pastebin|hookbin|requestcatcher|transfer\.sh|api\.telegram\.org\/bot|discord(?:app)?\.com\/api\/webhooks/;
const ABBREVIATION = /^(?:e\.g|i\.e|etc|vs|cf)\.?$/i;
/** Addresses that examples have. */
const EXAMPLE =
  /^(?:user|users|name|you|me|john|jane|bob|alice|someone|email|foo|test|hello|first|jdoe|john\.doe|jane\.doe|recipient|example)[\w.+]{0,12}@|localhost|127\.0\.0\.1|^https?:\/\/(?:www\.)?example\.(?:com|org|net)(?:\/(?:path|page|api|image|file|docs|feed)?[\w./-]*)?$/;

const OPENING = '"“„«「『`';
const CLOSING = '"”“»」』`';
const LEET: ReadonlyMap<string, string> = new Map(
  Object.entries({ 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i', '|': 'l' }),
);

const concept = (name: string): readonly number[] => [conceptNumber(name)];
const DESTINATION = concept('DESTINATION');
const DROP_SITE = [conceptNumber('DESTINATION'), conceptNumber('DROP_SITE')];
const SECRET_PATH = concept('SECRET_PATH');
const MILD_PATH = concept('MILD_PATH');
const IDENTIFIERS = concept('IDENTIFIER');
const SECRET = concept('SECRET');
const CALLED = { OWN_TOOL: concept('OWN_TOOL'), OTHER_TOOL: concept('OTHER_TOOL'), OWN_PARAM: concept('OWN_PARAM') };
const NOTHING: readonly number[] = [];

/** @param text folded. @param names what identifiers in it are called elsewhere */
export function tokensOf(text: string, names: Names, steps: Steps): ScanToken[] {
  const reader = new TokenReader(text, names, steps);
  for (const piece of text.matchAll(PIECES)) reader.take(piece[0], piece.index);
  return withPhrases(reader.tokens, steps);
}

class TokenReader {
  readonly tokens: ScanToken[] = [];
  readonly #text: string;
  readonly #names: Names;
  readonly #steps: Steps;
  /** The characters that close the open quotes; empty outside. */
  #closing = '';
  #lastBreak = -1;
  #isCited = false;
  #beginsClause = false;
  /** Letters that stand alone, one after another. */
  #letters: ScanToken[] = [];

  constructor(text: string, names: Names, steps: Steps) {
    this.#text = text;
    this.#names = names;
    this.#steps = steps;
  }

  take(piece: string, start: number): void {
    this.#steps.count += piece.length;
    const first = piece.charAt(0);
    if (first === '\n' || first === '\r') {
      this.#newLine(start, start + piece.length);
      return;
    }
    if (OPENING.includes(first) || CLOSING.includes(first)) {
      this.#quote(first);
      return;
    }
    if ('。！？'.includes(first)) {
      this.#endSentence(start);
      return;
    }
    if (piece.length === 1 && '()<>[]{},;、，；—–-'.includes(first)) {
      this.#beginsClause = true;
      return;
    }
    if (this.#closing === '' && /^['‘]\p{L}/u.test(piece)) this.#closing = "'";
    for (let at = 0; at < piece.length; at += LONGEST_WORD) this.#word(piece.slice(at, at + LONGEST_WORD), start + at);
    if (this.#closing === "'" && /['’][.!?:]?$/.test(piece)) this.#closing = '';
    if (piece.endsWith(':')) this.#isCited ||= this.#label().some(({ concepts }) => concepts.includes(CITE));
    if (/[.!?]$/.test(piece) && !ABBREVIATION.test(piece)) this.#endSentence(start + piece.length);
  }

  /** The last words of the sentence. */
  #label(): readonly ScanToken[] {
    const last = this.tokens.slice(-LABEL);
    return last.slice(last.findLastIndex(({ word }) => word === '') + 1);
  }

  #newLine(start: number, end: number): void {
    const isBlank = this.#lastBreak >= 0 && this.#text.slice(this.#lastBreak, start).trim() === '';
    const begins = this.#text.charAt(end);
    if (isBlank || '-*#•|'.includes(begins === '' ? ' ' : begins)) this.#endSentence(start);
    this.#lastBreak = end;
  }

  #endSentence(at: number): void {
    this.#closing = '';
    this.#isCited = false;
    if (this.tokens.at(-1)?.word !== '') this.#push('', at, at, NOTHING);
  }

  #quote(sign: string): void {
    if (this.#closing === '') this.#closing = CLOSING.charAt(OPENING.indexOf(sign)) || sign;
    else this.#closing = '';
  }

  #word(piece: string, start: number): void {
    const trimmed = piece.replace(/^['‘’*_]+|[.!?:'’*…]+$/g, '');
    const offset = start + Math.max(0, piece.indexOf(trimmed));
    const lower = trimmed.toLowerCase();
    const end = offset + trimmed.length;
    const literal = literalOf(trimmed, lower);
    const called = this.#names.get(trimmed);
    if (called !== undefined) {
      // A word still counts as a word: whoever names a parameter "ignore" hides nothing.
      this.#push(lower, offset, end, [...CALLED[called], ...conceptsOfWord(lower)]);
      return;
    }
    if (literal !== undefined) {
      this.#push(lower, offset, end, literal);
      return;
    }
    if (IDENTIFIER.test(trimmed)) {
      this.#push(lower, offset, end, SECRET_NAME.test(trimmed) ? SECRET : IDENTIFIERS);
      if (trimmed.split(/[_-]/).length < 4 && !trimmed.includes('-')) return;
    }
    this.#words(trimmed, offset);
  }

  #words(piece: string, start: number): void {
    const lower = piece.toLowerCase();
    const plain =
      /\p{L}/u.test(piece) && /[\d@$!|]/.test(piece)
        ? Array.from(lower, (sign) => LEET.get(sign) ?? sign).join('')
        : undefined;
    if (plain !== undefined && isKnownWord(plain)) {
      this.#push(plain, start, start + piece.length, conceptsOfWord(plain));
      return;
    }
    for (const found of lower.replaceAll('’', "'").matchAll(WORDS)) {
      const word = found[0];
      const at = start + found.index;
      if (UNSPACED.test(word)) this.#unspaced(word, at);
      else this.#push(word, at, at + word.length, conceptsOfWord(word));
    }
  }

  /** A run of a script without spaces: the words that are known in it; what lies between counts as one for three signs. */
  #unspaced(run: string, start: number): void {
    let gap = 0;
    for (let at = 0; at < run.length; ) {
      const found = wordInside(run, at);
      if (found === undefined) {
        if (gap++ % 3 === 2) this.#push('…', start + at, start + at + 1, NOTHING);
        at++;
        continue;
      }
      gap = 0;
      this.#push(run.slice(at, at + found.length), start + at, start + at + found.length, found.concepts);
      at += found.length;
    }
  }

  #push(word: string, start: number, end: number, concepts: readonly number[]): void {
    const [isQuoted, isCited, beginsClause] = [this.#closing !== '', this.#isCited, this.#beginsClause];
    const token: ScanToken = { word, start, end, concepts, isQuoted, isCited, beginsClause };
    this.#beginsClause = false;
    this.tokens.push(token);
    if (word.length === 1 && /\p{L}/u.test(word)) this.#letters.push(token);
    else {
      this.#joinLetters();
    }
  }

  /** Words that are written with a space or a sign after every letter. */
  #joinLetters(): void {
    const letters = this.#letters;
    this.#letters = [];
    if (letters.length < 6) return;
    const text = letters.map(({ word }) => word).join('');
    const last = this.tokens.pop();
    for (let at = 0; at < text.length; ) {
      let length = Math.min(14, text.length - at);
      while (length > 2 && !isKnownWord(text.slice(at, at + length))) length--;
      this.#steps.count += 14;
      const [from, to] = [letters[at], letters[at + length - 1]];
      if (length > 2 && from !== undefined && to !== undefined) {
        const word = text.slice(at, at + length);
        this.tokens.push({
          word,
          start: from.start,
          end: to.end,
          concepts: conceptsOfWord(word),
          isQuoted: false,
          isCited: false,
          beginsClause: false,
        });
      }
      at += length > 2 ? length : 1;
    }
    if (last !== undefined) this.tokens.push(last);
  }
}

/** The kind of a word by its form: an address, a path. @returns undefined where it is a word */
function literalOf(piece: string, lower: string): readonly number[] | undefined {
  const path = /[/\\~._]|^\d/.test(piece) ? secretPath(lower) : undefined;
  if (path === 'SECRET_PATH') return SECRET_PATH;
  if (URL_LIKE.test(piece) || EMAIL.test(piece) || IP.test(piece) || BARE_HOST.test(piece) || WALLET.test(piece)) {
    if (DROP.test(lower)) return DROP_SITE;
    return EXAMPLE.test(lower) ? NOTHING : DESTINATION;
  }
  return path === 'MILD_PATH' ? MILD_PATH : undefined;
}

/** Adds what phrases stand for to their first word. */
function withPhrases(tokens: ScanToken[], steps: Steps): ScanToken[] {
  for (const [at, token] of tokens.entries()) {
    for (const { rest, concept: number } of phrasesFrom(token.word)) {
      steps.count += rest.length;
      if (rest.every((word, index) => tokens[at + 1 + index]?.word === word))
        token.concepts = [...token.concepts, number];
    }
  }
  return tokens;
}
