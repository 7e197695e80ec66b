import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stem } from './stem.ts';
import { words } from './words.ts';

describe('words', () => {
  it.each([
    ['createIssue', ['create', 'issue']],
    ['get_HTTPServer-info', ['get', 'http', 'server', 'info']],
    ['v2Users10kB', ['v', '2', 'users', '10', 'k', 'b']],
    ["the user's café", ['the', 'user', 'cafe']],
    ['Straße größer', ['strasse', 'grosser']],
    ['İstanbul, Łódź, œuvre', ['istanbul', 'lodz', 'oeuvre']],
    ['파일을 검색', ['파일', '일을', '검색']],
    ['поиск файлов', ['поиск', 'фаилов']],
    ['天気予報を取得', ['天気', '気予', '予報', '報を', 'を取', '取得']],
    ['हिन्दी', ['हिन्दी']],
    ['', []],
    ['--- !', []],
  ])('%s', (text, expected) => {
    // Digits and letters are separate runs; a capital begins a word.
    expect(words(text)).toEqual(expected);
  });

  it('takes any text, and finds the same words in lower case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const word of words(text)) expect(words(word).join('')).toBe(word);
      }),
      { numRuns: 50 },
    );
  });

  it('cuts texts without end', () => {
    expect(words('word '.repeat(100_000)).length).toBeLessThan(2000);
  });
});

describe('stem', () => {
  it.each([
    ['issues', 'issue'],
    ['creating', 'created'],
    ['queries', 'query'],
    ['deletion', 'delete'],
    ['organization', 'organize'],
    ['running', 'run'],
    ['files', 'file'],
  ])('%s and %s are one word', (a, b) => {
    expect(stem(a)).toBe(stem(b));
  });

  it('leaves other scripts and very long words alone', () => {
    expect(stem('фаилов')).toBe('фаилов');
    expect(stem('s'.repeat(60))).toBe('s'.repeat(60));
  });
});
