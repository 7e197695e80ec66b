import { describe, expect, it } from 'vitest';
import { END_OF_PART, makeAutomaton, type Step } from './automaton.ts';
import { parsePattern } from './pattern-tokens.ts';

function pair(first: string, second: string): Step[] {
  return [...parsePattern(first).tokens, END_OF_PART, ...parsePattern(second).tokens];
}

describe('automaton', () => {
  it('finds the first of several sequences that match', () => {
    const automaton = makeAutomaton(['ab', 'a*', '*b', '?'].map((source) => parsePattern(source).tokens));
    expect(['ab', 'ac', 'cb', 'c', 'a', '', 'ca'].map((name) => automaton.find(name))).toEqual([
      0,
      1,
      2,
      3,
      1,
      undefined,
      undefined,
    ]);
  });

  it('keeps the two names of a pair apart: no star and no class crosses the border', () => {
    const automaton = makeAutomaton([pair('a*', '*z'), pair('?[!x]', '?')]);
    expect(automaton.find('ab', 'yz')).toBe(0);
    expect(automaton.find('b', 'az')).toBeUndefined();
    expect(automaton.find('abyz')).toBeUndefined();
    expect(automaton.find('bb', 'b')).toBe(1);
    expect(automaton.find('b', 'bb')).toBeUndefined();
    expect(automaton.find('bbb')).toBeUndefined();
  });

  it('matches nothing when it has no sequences', () => {
    expect(makeAutomaton([]).find('')).toBeUndefined();
    expect(makeAutomaton([]).find('a', 'b')).toBeUndefined();
  });

  it('answers the same after it has dropped its states because there were too many', () => {
    // 2^16 states tell apart where the a's stood among the last sixteen characters.
    const automaton = makeAutomaton([parsePattern(`*a${'?'.repeat(15)}`).tokens]);
    let bits = 1;
    for (let round = 0; round < 3000; round++) {
      let name = '';
      for (let at = 0; at < 24; at++) {
        bits = (Math.imul(bits, 1_103_515_245) + 12_345) >>> 0;
        name += bits & 0x10000 ? 'a' : 'b';
      }
      expect(automaton.find(name) === 0).toBe(name.at(-16) === 'a');
    }
  });
});
