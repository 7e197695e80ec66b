import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentsDigest } from '../policy/standing-answers.ts';
import { quoteVisibly, showArguments } from './show-text.ts';

const plain = (text: string): string => text;
const shown = (args: object, redact = plain): string =>
  showArguments(JSON.stringify(args), redact)
    .map(({ name, text }) => `${name}: ${text}`)
    .join('\n');

/** True for text that a person can see: no character that is invisible, moves something, or ends a line. */
const VISIBLE = /^(?:[\p{L}\p{N}\p{P}\p{S}\p{M} ])*$/u;

describe('what others wrote', () => {
  it.each([
    ['a zero-width space', 'rm\u200b -rf', String.raw`"rm\u{200b} -rf"`],
    ['tag characters', 'ok\u{e0041}\u{e0042}', String.raw`"ok\u{e0041}\u{e0042}"`],
    ['an override of direction', 'txt.\u202egpj', String.raw`"txt.\u{202e}gpj"`],
    ['a line break', 'no\nanswer: once', String.raw`"no\nanswer: once"`],
    ['an escape sequence', '\u001b[2Jgone', String.raw`"\u001b[2Jgone"`],
    ['quotes', 'a", "path": "b', String.raw`"a\", \"path\": \"b"`],
    ['a backslash that looks like an escape of ours', String.raw`\u{200b}`, String.raw`"\\u{200b}"`],
    ['another space', 'a\u00a0b', String.raw`"a\u{00a0}b"`],
    ['half a character', 'a\ud800', String.raw`"a\ud800"`],
    ['letters of other scripts', 'Grüße, 東京, שלום', '"Grüße, 東京, שלום"'],
  ])('%s can be seen', (_what, text, quoted) => {
    expect(quoteVisibly(text)).toBe(quoted);
  });

  it('stays on one line in its quotes, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const quoted = quoteVisibly(text);
        expect(quoted).toMatch(VISIBLE);
        expect(quoted).toMatch(/^"(?:[^"\\]|\\.)*"$/);
      }),
    );
  });

  it('that is long is folded, and tells how long it is', () => {
    const text = `head${'x'.repeat(100_000)}tail`;
    const quoted = quoteVisibly(text);
    expect(quoted).toMatch(/^"headx+ \[\.\.\. \d+ characters, SHA-256 of all [0-9a-f]{16} \.\.\.\] x+tail"$/);
    expect(quoted.length).toBeLessThan(600);
    expect(quoteVisibly(`head${'x'.repeat(50_000)}y${'x'.repeat(49_999)}tail`)).not.toBe(quoted);
  });
});

describe('arguments', () => {
  it('are shown one a line, digits as they came and escapes in one way', () => {
    const args = String.raw`{ "path" : "\u0072\u006d", "n": 12345678901234567890, "deep": {"a": [true, null, "x"]} }`;
    expect(showArguments(args, plain)).toEqual([
      { name: '"path"', text: '"rm"' },
      { name: '"n"', text: '12345678901234567890' },
      { name: '"deep"', text: '{"a":[true,null,"x"]}' },
    ]);
  });

  it('hide what is a secret by its name or its form, at any depth', () => {
    expect(shown({ password: 'hunter22', pin: 123456, headers: { Authorization: 'Bearer abcdefgh12345678' } })).toBe(
      '"password": "[redacted]"\n"pin": [redacted]\n"headers": {"Authorization":"[redacted]"}',
    );
    expect(shown({ text: 'use ghp_abcdefghijklmnopqrst0123456789ab' })).not.toContain('ghp_');
    expect(shown({ url: 'https://me:s3cretpw@host/x' })).toBe('"url": "https://me:[redacted]@host/x"');
  });

  it('hide what is known to be a secret', () => {
    expect(shown({ note: 'say opensesame now' }, (text) => text.replaceAll('opensesame', '[redacted]'))).toBe(
      '"note": "say [redacted] now"',
    );
  });

  it('that are many or long end somewhere, in a time that does not matter', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`k${at}`, at]));
    expect(shown(many).split('\n')).toHaveLength(31);
    const large = { list: Array.from({ length: 200_000 }, (_, at) => `sk-${at}`), text: 'sk-'.repeat(500_000) };
    expect(shown(large).length).toBeLessThan(2_000);
  });

  it('never leave their line', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (args) => {
        for (const { name, text } of showArguments(JSON.stringify(args), plain)) {
          expect(name).toMatch(VISIBLE);
          expect(text).toMatch(VISIBLE);
        }
      }),
    );
  });
});

describe('the digest of arguments', () => {
  it('is that of the text, white space between tokens aside', () => {
    expect(argumentsDigest('{ "a": 1,\n"b": "x y" }')).toBe(argumentsDigest('{"a":1,"b":"x y"}'));
  });

  it.each([
    ['another order, which tells keys apart that a server reads as one', '{"b":"x y","a":1}'],
    ['digits that a double does not hold', '{"a":1.0,"b":"x y"}'],
    ['white space in a text', '{"a":1,"b":"x  y"}'],
    ['another spelling', '{"a":1,"b":"x\\u0020y"}'],
  ])('differs with %s', (_what, other) => {
    expect(argumentsDigest(other)).not.toBe(argumentsDigest('{"a":1,"b":"x y"}'));
  });
});
