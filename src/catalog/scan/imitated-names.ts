/** Names that imitate others, so that a model or a person takes one for the other. */
import { editDistance } from '../../shared/edit-distance.ts';
import { unseenIn } from '../../shared/unseen.ts';
import { isDisguised, looksOf } from './fold-text.ts';

/** Letters of the shortest word in which another letter is taken for a mistake. */
const LONG_WORD = 5;

export interface Imitation {
  readonly weight: number;
  readonly says: string;
}

/** Findings about a name by itself. */
export function disguiseOf(name: string): Imitation | undefined {
  if (unseenIn(name).length > 0) return { weight: 3, says: 'The name has characters that nobody sees.' };
  const words = name.normalize('NFKC').split(/[^\p{L}\p{M}]+/u);
  if (words.some(isDisguised))
    return { weight: 3, says: 'The name has letters of another script that look like Latin ones.' };
  return undefined;
}

/** Describes how a name is taken for another one. @param server the one that has the other name */
export function imitationOf(name: string, other: string, server: string): Imitation | undefined {
  if (name === other) return { weight: 1, says: `The server ${server} has a tool of the same name.` };
  const [mine, its] = [skeletonOf(name), skeletonOf(other)];
  const of = `It can be taken for ${other} of the server ${server}`;
  if (mine === its) {
    const isPlain = plainOf(name) === plainOf(other);
    return isPlain
      ? { weight: 1, says: `${of}: the names differ only in case or separators.` }
      : { weight: 3, says: `${of}: the names look alike.` };
  }
  return isMisspelt(name, other) ? { weight: 2, says: `${of}: the names differ in one letter.` } : undefined;
}

/** The form of a name that all names that look like it share; of equal ones, one can be taken for the other. */
export function skeletonOf(name: string): string {
  return plainOf(looksOf(name.normalize('NFKC')))
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/[01|5]/g, (sign) => DIGITS[sign] ?? sign);
}

/** The part that a word has more in another form of it. */
const ENDING = /^[sdry]$/;

const DIGITS: Readonly<Record<string, string>> = { 0: 'o', 1: 'l', '|': 'l', 5: 's' };

/** Without case and separators. */
function plainOf(name: string): string {
  return name.toLowerCase().replace(/[\s_.\-/:]+/g, '');
}

/** All words are equal but for one letter of a long one, which is no ending. */
function isMisspelt(name: string, other: string): boolean {
  const [mine, its] = [wordsOf(name), wordsOf(other)];
  if (mine.length !== its.length) return false;
  const different = mine.flatMap((word, at) => (word === its[at] ? [] : [[word, its[at] ?? ''] as const]));
  const [[one, two] = ['', ''], ...more] = different;
  if (more.length > 0 || Math.min(one.length, two.length) < LONG_WORD || one[0] !== two[0]) return false;
  if (ENDING.test(one.startsWith(two) ? one.slice(two.length) : two.startsWith(one) ? two.slice(one.length) : ''))
    return false;
  return !/\d/.test(one + two) && editDistance(one, two, 1) === 1;
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

const READING = new Set(
  'get list read search view show describe find fetch lookup check count query browse inspect preview'.split(' '),
);
const DESTROYING = new Set(
  'delete remove drop purge destroy wipe truncate erase kill uninstall revoke terminate reset overwrite shutdown clear'.split(
    ' ',
  ),
);
const WRITING = new Set(
  'create update send post write upload set add edit insert put patch move rename copy publish merge push deploy install execute exec transfer pay buy order submit approve schedule invite assign enable disable start stop restart cancel archive close'.split(
    ' ',
  ),
);
/** Other words in names of tools that reach out or change something. */
const ACTING = new Set(
  'run shell bash command terminal script eval sql query notify sync export backup share report webhook email mail message slack upload save store manage cleanup clean request call invoke proxy http log track record import process code apply build release commit ssh admin control browser click navigate forward relay emit publish subscribe api graphql rest integration connect bulk batch'.split(
    ' ',
  ),
);
const FILES =
  /file|path|cred|secret|key|token|config|setting|env|profile|ssh|aws|kube|docker|npm|git|cert|auth|login|password|vault|wallet|keychain|account|dotfile|backup|host|secur|audit|scan|history|cookie|passwd|user|metadata|cloud|azure|gcp|gcloud|deploy|pgpass|database|db|postgres|shell|directory|folder/i;

/** True if a name does not say that something is changed or sent. */
export function isReaderName(name: string): boolean {
  const words = wordsOf(name);
  return !words.some((word) => DESTROYING.has(word) || ACTING.has(word) || (word !== 'add' && WRITING.has(word)));
}

/** True if a name is about files, keys or settings, so that its tool may read some. */
export function isFileName(name: string): boolean {
  return FILES.test(name);
}

/** Last words of names that say what the name is about, and not what is done. */
const STATES = new Set('status state info history count list policy log logs report'.split(' '));

/** Findings where the annotations of a tool deny what its name says. */
export function contradictionOf(
  name: string,
  annotations: unknown,
): { readonly hint: string; readonly weight: number; readonly says: string } | undefined {
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const { readOnlyHint, destructiveHint } = annotations as Readonly<Record<string, unknown>>;
  const words = wordsOf(name);
  const [first = '', second = ''] = words;
  if (STATES.has(words.at(-1) ?? '')) return undefined;
  const verb = [first, second].find((word) => DESTROYING.has(word) || WRITING.has(word));
  if (verb === undefined || [first, second].some((word) => READING.has(word) && word !== 'add')) return undefined;
  const isDestroying = DESTROYING.has(verb);
  if (readOnlyHint === true) {
    return {
      hint: 'readOnlyHint',
      weight: isDestroying || verb === first ? 2 : 1,
      says: `Its annotations say that it only reads, and its name says "${verb}".`,
    };
  }
  if (destructiveHint === false && isDestroying) {
    return {
      hint: 'destructiveHint',
      weight: 1,
      says: `Its annotations say that it destroys nothing, and its name says "${verb}".`,
    };
  }
  return undefined;
}
