import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compilePattern, isLiteralPattern, patternProblem } from './pattern.ts';

function matching(pattern: string, names: readonly string[]): string[] {
  return names.filter(compilePattern(pattern));
}

describe('patterns', () => {
  test.each([
    ['*', ['', 'a', 'a\nb'], []],
    ['get_*', ['get_', 'get_x'], ['get', 'forget_x', 'Get_x', ' get_x']],
    ['*_file', ['_file', 'read_file'], ['read_files', 'file']],
    ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a', 'b']],
    ['a*a', ['aa', 'aba'], ['a', 'ab']],
    ['**x***', ['x', 'axb'], ['a']],
    ['?', ['a', '[', '😀', '\ud83d'], ['', 'ab', '😀😀']],
    ['a?c', ['abc', 'a?c', 'a*c'], ['ac', 'abbc']],
    ['[abc]', ['a', 'c'], ['d', 'ab', '', '[abc]']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '-x', 'Ax']],
    ['[!a-c]', ['d', '!', '-'], ['a', 'b', '']],
    ['[^a]', ['^', 'a'], ['b']],
    ['[]]', [']'], ['[', '[]]', '']],
    ['[]a]', [']', 'a'], ['b']],
    ['[!]]', ['a', '['], [']']],
    ['[!!]', ['a'], ['!']],
    ['[[]', ['['], ['[[]', ']']],
    ['[a-]', ['a', '-'], ['b']],
    ['[-a]', ['a', '-'], ['b']],
    ['[a-c-e]', ['b', '-', 'e'], ['d']],
    ['[a-b-c]', ['a', 'b', '-', 'c'], ['d']],
    ['[--0]', ['-', '.', '0'], ['1', ',']],
    ['[z-a]', [], ['a', 'm', 'z', '-', '']],
    ['[z-ab]', ['b'], ['a', 'z', '-']],
    ['[!z-a]', ['a', 'm', '-'], ['', 'ab']],
    ['[', ['['], ['', 'a']],
    ['[]', ['[]'], ['', '[', ']']],
    ['[!]', ['[!]'], ['!', 'a']],
    ['a[b', ['a[b'], ['ab']],
    ['a[*', ['a[', 'a[x'], ['a', 'ax']],
    ['[a*', ['[a', '[abc'], ['a']],
    ['[\\]', ['\\'], ['[\\]', ']']],
    ['\\*', ['\\', '\\x'], ['*']],
    ['[α-ω]*', ['λόγος'], ['Λόγος', 'logos']],
    ['[😀-😂]', ['😀', '😁', '😂'], ['😃', '\ud83d', '\ude00']],
    ['\ud83d*', ['\ud83d', '\ud83dx'], ['😀']],
    ['*\ude00', ['\ude00', 'x\ude00'], ['😀', 'x😀']],
  ])('%j matches %j and none of %j, as fnmatch does', (pattern, matched, unmatched) => {
    expect(matching(pattern, [...matched, ...unmatched])).toEqual(matched);
  });

  it('compares names by code point: no normalisation, no case folding', () => {
    expect(matching('é*', ['é', 'e\u0301'])).toEqual(['é']);
    expect(matching('db', ['DB', 'ｄｂ', 'db\u200b', 'db'])).toEqual(['db']);
    expect(matching('*', ['__proto__', 'constructor'])).toEqual(['__proto__', 'constructor']);
  });

  it('tells literals from patterns; an unclosed bracket does not make a pattern', () => {
    expect(['', 'a', 'a]', '[', '[a', 'a[!]', '\\'].every(isLiteralPattern)).toBe(true);
    expect(['*', 'a?', '[a]', '[z-a]', 'x[]]'].some(isLiteralPattern)).toBe(false);
  });

  it('reports patterns that are empty or have more than 256 characters', () => {
    expect(patternProblem('')).toMatch(/empty/);
    expect(patternProblem('😀'.repeat(256))).toBeUndefined();
    expect(patternProblem('a'.repeat(257))).toMatch(/257.*256/);
    expect(patternProblem('[z-a][')).toBeUndefined();
  });
});

const characters = ['a', 'b', 'c', '-', '!', '[', ']', '^', '\\', '😀', '\ud83d', 'é'];
const patterns = fc.array(fc.constantFrom(...characters, '*', '*', '?', '[', ']', '[!', '[a-c]', '[b-a]'), {
  maxLength: 10,
});
const names = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((parts) => parts.join(''));

/** Matches by its own reading of the syntax: all splits tried, no state kept. For short names only. */
function naive(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return name.length === 0;
  if (first === '*') return naive(rest, name) || (name.length > 0 && naive(pattern, name.slice(1)));
  const [character, ...following] = name;
  if (character === undefined) return false;
  if (first === '?') return naive(rest, following);
  const inner = first === '[' ? /^(!?)(\]?[^\]]*)\]/.exec(rest.join('')) : null;
  if (inner?.[2]) {
    const after = Array.from(rest.join('').slice(inner[0].length));
    return inClass(Array.from(inner[2]), character) !== (inner[1] === '!') && naive(after, following);
  }
  return first === character && naive(rest, following);
}

function inClass([low, dash, high, ...rest]: readonly string[], character: string): boolean {
  if (low === undefined) return false;
  if (dash === '-' && high !== undefined) {
    const at = character.codePointAt(0) ?? 0;
    return (at >= (low.codePointAt(0) ?? 0) && at <= (high.codePointAt(0) ?? 0)) || inClass(rest, character);
  }
  const remaining = [dash, high, ...rest].filter((part) => part !== undefined);
  return low === character || inClass(remaining, character);
}

describe('properties', () => {
  it('agrees with a naive matcher', () => {
    fc.assert(
      fc.property(patterns, fc.array(names, { minLength: 20, maxLength: 20 }), (parts, candidates) => {
        const pattern = parts.join('');
        expect(matching(pattern, candidates)).toEqual(
          candidates.filter((name) => naive(Array.from(pattern), Array.from(name))),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('finishes on twelve stars and on a hundred', () => {
    // With backtracking the first takes minutes and the second does not end.
    const name = 'a'.repeat(100_000);
    for (const stars of [12, 100]) {
      const matches = compilePattern(`${'*a'.repeat(stars)}*b`);
      expect(matches(name)).toBe(false);
      expect(matches(`${name}b`)).toBe(true);
    }
  });
});
