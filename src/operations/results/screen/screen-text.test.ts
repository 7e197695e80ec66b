import { expect, it } from 'vitest';
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { RESULT_KINDS } from '../../../config/result-kinds.ts';
import { type RedactionCounts, screenLargeText, screenText } from './screen-text.ts';
import { corpus } from './testing.ts';

const ALL: ResultTerms = { stripInvisible: true, redact: RESULT_KINDS };

/** Recall and false positives; docs/results.md has these figures. */
it('finds what is in the corpus, and little else', () => {
  const missed = new Map<string, number>();
  const wrong = new Map<string, number>();
  let [secrets, harmless] = [0, 0];
  const add = (counts: Map<string, number>, form: string): void => void counts.set(form, (counts.get(form) ?? 0) + 1);
  for (const { kind, form, text, secret } of corpus(7, 5)) {
    const counts: RedactionCounts = new Map();
    const screened = screenText(text, ALL, counts);
    if (kind === undefined) {
      harmless++;
      if (counts.size > 0) add(wrong, `${form}: ${[...counts.keys()]}`);
    } else {
      secrets++;
      if (screened.includes(secret) || !counts.has(kind)) add(missed, `${kind}: ${form}`);
    }
  }
  expect({ secrets, harmless }).toEqual({ secrets: 1920, harmless: 1800 });
  expect.soft(Object.fromEntries(missed)).toEqual({});
  // One in ten numbers of this length and beginning has a last digit that is right.
  expect.soft(Object.fromEntries(wrong)).toEqual({ 'order number: cards': 1 });
});

it('takes what follows the name of a header, and leaves tokens that lead to the next page', () => {
  const left = (text: string): string => screenText(text, { stripInvisible: false, redact: ['keys'] }, new Map());
  expect(left('-H "Authorization: Bearer f3a9d27c41b8e6055a"')).toBe('-H "Authorization: Bearer [redacted key]"');
  for (const kept of ['Authorization: Bearer YOUR_TOKEN_COMES_HERE', '"next_page_token": "CAUQAAf3a9d27c41b8e6055a"'])
    expect(left(kept)).toBe(kept);
});

it('finds what stands beside other numbers and names, one after the other, in tables and lists', () => {
  const card = '4111111111111111';
  const grouped = '4111 1111 1111 1111';
  const [german, british] = ['DE89370400440532013000', 'GB29NWBK60161331926819'];
  const left = (text: string, kind: 'cards' | 'ibans' = 'cards'): string =>
    screenText(text, { stripInvisible: false, redact: [kind] }, new Map());
  for (const one of [card, grouped]) {
    expect(left(`${one} 12/27`)).toBe('[redacted card] 12/27');
    expect(left(`${one} 12 2027 123`)).toBe('[redacted card] 12 2027 123');
    expect(left(`1 ${one}`)).toBe('1 [redacted card]');
    expect(left(`1234 ${one} 1234`)).toBe('1234 [redacted card] 1234');
    expect(left(`7,Ann Lee,${one},12/27,123`)).toBe('7,Ann Lee,[redacted card],12/27,123');
    expect(left(`7,${one},2027`)).toBe('7,[redacted card],2027');
    expect(left(`${one} ${one}`)).toBe('[redacted card] [redacted card]');
  }
  expect(left(`${german} ${british} EUR 12`, 'ibans')).toBe('[redacted IBAN] [redacted IBAN] EUR 12');
  expect(left(`AB12 ${german}`, 'ibans')).toBe('AB12 [redacted IBAN]');
  // A list is no base64, however long it is.
  expect(left(`${card}\n`.repeat(100))).toBe('[redacted card]\n'.repeat(100));
  expect(left(`${german}\r\n`.repeat(100), 'ibans')).toBe('[redacted IBAN]\r\n'.repeat(100));
});

it('leaves base64 alone, in one line and in many', () => {
  const line = 'aB3+/DE89370400440532013000/4111111111111111/aB3+/aB3+/aB3+/aB3+/aB3+/aB3+/aB3';
  for (const width of [64, 76]) {
    for (const end of ['\n', '\r\n'])
      for (const last of ['', 'aB3=', `aB3=${end}`]) {
        const text = `${line.slice(0, width)}${end}`.repeat(20) + last;
        expect(screenText(text, ALL, new Map())).toBe(text);
      }
  }
  expect(screenText(line.repeat(20), ALL, new Map())).toBe(line.repeat(20));
});

it('says nothing of the secret, and keeps what is around it', () => {
  const counts: RedactionCounts = new Map();
  const text = 'Pay 4111 1111 1111 1111, or write to ann@example.org.\u200b See postgres://app:Tr0ub4dor@db/x.';
  expect(screenText(text, ALL, counts)).toBe(
    'Pay [redacted card], or write to [redacted e-mail]. See postgres://app:[redacted password]@db/x.',
  );
  expect(Object.fromEntries(counts)).toEqual({ invisible: 1, cards: 1, emails: 1, passwords: 1 });
  expect(screenText(text, { stripInvisible: false, redact: ['ibans'] }, new Map())).toBe(text);
});

it('large texts are cleared in pieces as they are in one, and others get their turn', async () => {
  const samples = corpus(3, 1).map(({ text }) => text);
  const inOne = `${samples.join('\n')} 👩‍👩‍👧 \u202eabc ${'x '.repeat(1000)}`;
  // Pieces end everywhere in it.
  const text = Array.from({ length: 8 }, (_, at) => `${' '.repeat(at * 977)}${inOne}`).join('\n');
  const [one, other]: [RedactionCounts, RedactionCounts] = [new Map(), new Map()];
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const cleared = await screenLargeText(text, ALL, other);
  clearInterval(count);
  expect(text.length).toBeGreaterThan(500_000);
  expect(turns).toBeGreaterThan(2);
  expect(cleared).toBe(screenText(text, ALL, one));
  expect(Object.fromEntries(other)).toEqual(Object.fromEntries(one));
});

it('a text that was made to take long does not', () => {
  const hard = [
    '@',
    'a@',
    'a.',
    '1 ',
    '4',
    'eyJa.',
    '://a:',
    'ghp_',
    '-----BEGIN RSA PRIVATE KEY-----',
    'DE12 ',
    'aB3+/',
    'sk-proj-',
  ];
  const startedAt = performance.now();
  for (const part of hard) screenText(part.repeat(200_000 / part.length), ALL, new Map());
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
