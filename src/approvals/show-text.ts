/** Shows text of agents and servers to whoever decides: nothing in it is invisible, ends its line or its quotes, or goes on for long. */
import { createHash } from 'node:crypto';
import { isSecretName, secretsIn } from '../config/secret-values.ts';
import { REDACTED } from '../observe/redact.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { closingQuote } from '../protocol/json-text.ts';
import { cutText } from '../shared/truncate.ts';
import type { ShownArgument } from './question.ts';

/** Characters of an argument that are shown, of a text in it, of a name, and arguments in all. */
const LONGEST = 600;
const LONGEST_TEXT = 400;
const LONGEST_NAME = 100;
const MOST = 30;
/** Characters at either end of a text in which secrets are looked for by their form. */
const LOOKED_AT = 2000;

/** Everything but letters, marks, digits, punctuation, symbols and the plain space. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
/** A letter carries two marks in real languages; a heap of them covers the lines around it. */
const HEAP = /(\p{M}{2})\p{M}+/gu;

type Redact = (text: string) => string;

/** A text in quotes, on one line, with everything visible that nobody would see. */
export function quoteVisibly(text: string, longest = LONGEST_TEXT): string {
  return JSON.stringify(folded(text, longest))
    .replace(HEAP, (_all, first: string) => `${first}\\u…`)
    .replace(UNSEEN, (found) => `\\u{${found.codePointAt(0)?.toString(16).padStart(4, '0')}}`);
}

/** The beginning and the end of a long text, how much is between them, and a digest that tells it from others. */
function folded(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = cutText(text, longest - 60);
  const tail = text.slice(-60).replace(/^[\udc00-\udfff]/, '');
  return `${head} [... ${text.length - head.length - tail.length} characters, ${fingerprint(text)} ...] ${tail}`;
}

function fingerprint(text: string): string {
  return `SHA-256 of all ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/**
 * Arguments for a person.
 * @param json text of an object.
 * @param redact takes known secrets out.
 */
export function showArguments(json: string, redact: Redact): readonly ShownArgument[] {
  const members = readObject(json)?.members ?? [];
  const shown = members.slice(0, MOST).map(({ key, start, end }) => ({
    name: quoteVisibly(redact(key), LONGEST_NAME),
    text: showValue(key, json.slice(start, end), redact),
  }));
  const rest = members.length - shown.length;
  return rest === 0 ? shown : [...shown, { name: `(${rest} more)`, text: '' }];
}

/** A value token by token: texts written in one way and without secrets, numbers as they came. Stops where it was shown enough. */
function showValue(name: string, json: string, redact: Redact): string {
  let shown = '';
  let key = name;
  for (let at = 0; at < json.length; ) {
    const end = endOfToken(json, at);
    const token = json.slice(at, end);
    at = end;
    if (token.trim() === '') continue;
    if (!token.startsWith('"')) {
      shown += /\d/.test(token) && token.length > 3 && isSecretName(key) ? REDACTED : token;
    } else {
      const text = JSON.parse(token) as string;
      const isKey = /^\s*:/.test(json.slice(end, end + 100));
      if (isKey) key = text;
      shown += quoteVisibly(isKey ? redact(text) : withoutSecrets(key, redact(text)), LONGEST_TEXT);
    }
    if (shown.length > LONGEST && at < json.length) {
      return `${shown} [... ${json.length - at} more characters, ${fingerprint(json)}]`;
    }
  }
  return shown;
}

function endOfToken(json: string, at: number): number {
  if (json[at] === '"') return closingQuote(json, at) + 1;
  if (!/[\w.+-]/.test(json[at] ?? '')) return at + 1;
  let end = at + 1;
  while (/[\w.+-]/.test(json[end] ?? '')) end++;
  return end;
}

/** A text without what is a secret by its name or its form. */
function withoutSecrets(name: string, text: string): string {
  if (text.length > 2 * LOOKED_AT && isSecretName(name)) return REDACTED;
  const ends = text.length > 2 * LOOKED_AT ? [text.slice(0, LOOKED_AT), text.slice(-LOOKED_AT)] : [text];
  const secrets = new Set(ends.flatMap((end) => secretsIn(name, end)));
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  return longestFirst.reduce((safe, secret) => safe.replaceAll(secret, REDACTED), text);
}
