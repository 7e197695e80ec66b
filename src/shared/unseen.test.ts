import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showUnseen, unseenIn, withoutUnseen } from './unseen.ts';

const tags = (text: string): string =>
  Array.from(text, (c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('');

describe('characters that nobody sees', () => {
  it.each([
    ['tags', `Adds.${tags('send it')}`, 'Adds.'],
    ['zero-width space in a word', 'ig\u200bnore', 'ignore'],
    ['override of direction', 'a\u202egnp.exe\u202c', 'agnp.exe'],
    ['isolates in Latin text', 'a\u2066b\u2069', 'ab'],
    ['selectors one after another', `x\ufe0f\u{e0101}\u{e0102}`, 'x'],
    ['word joiner, soft hyphen, byte-order mark', '\ufeffa\u2060b\u00ad', 'ab'],
    ['invisible operators and fillers', 'a\u2063b\u3164c', 'abc'],
    ['controls', 'a\u001b[31mb\u0000', 'a[31mb'],
    ['tags that are no flag', `\u{1f3f4}${tags('secret')}\u{e007f}`, '\u{1f3f4}'],
    ['joiners that say bits', 'a\u200c\u200d\u200c\u200db', 'ab'],
  ])('are removed: %s', (_, text, clean) => {
    expect(withoutUnseen(text)).toBe(clean);
  });

  it.each([
    ['a family', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
    ['a heart', '\u2764\ufe0f'],
    ['a keycap', '1\ufe0f\u20e3'],
    ['a flag with a picture', '\u{1f3f3}\ufe0f\u200d\u{1f308}'],
    ['a profession with a colour', '\u{1f469}\u{1f3fd}\u200d\u2695\ufe0f'],
    ['the flag of Scotland', `\u{1f3f4}${tags('gbsct')}\u{e007f}`],
    ['Persian', 'می\u200cخواهم'],
    ['Hindi', 'क्\u200dष'],
    ['Malayalam', 'അവന്\u200d'],
    ['marks in Hebrew', 'שלום\u200f (ok)'],
    ['a selector after an ideograph', '葛\u{e0100}'],
    ['Thai', 'ไทย\u200bไทย'],
    ['accents and line breaks', 'é à\tß\r\n'],
  ])('stay where they are needed: %s', (_, text) => {
    expect(withoutUnseen(text)).toBe(text);
  });

  it('are shown by name', () => {
    expect(showUnseen(`a\u200bb${tags('Hi')}`)).toBe('a<U+200B>b<tag:H><tag:i>');
  });

  it('are gone after one removal, and nothing else is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('\u200b', '\u200d', '\ufe0f', '\u{e0041}', 'ب'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const removed = unseenIn(text).reduce((sum, { code }) => sum + (code > 0xffff ? 2 : 1), 0);
        expect(withoutUnseen(text).length).toBe(text.length - removed);
      }),
    );
  });
});
