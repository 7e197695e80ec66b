/**
 * Regular expressions without backtracking: whether one occurs in a text, reading each character once. A deterministic automaton whose
 * states are made when a text first needs them, as for patterns (automaton.ts).
 */
import { foldCase } from '../../protocol/fold-case.ts';
import { type Alphabet, makeAlphabet } from '../alphabet.ts';
import type { CharacterClass } from '../pattern-tokens.ts';
import { parseRegExp, RegExpProblem, type Syntax, WORD } from './regexp-syntax.ts';

/** Steps of a compiled expression. */
const MAX_STEPS = 2000;
/** Numbers that the states of one expression may hold; then they are dropped and made anew. */
const MAX_CELLS = 1 << 16;

type Step =
  | { readonly kind: 'class'; readonly of: CharacterClass; next: number }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'b' | 'B'; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'match' };

interface State {
  readonly steps: readonly number[];
  readonly isStart: boolean;
  readonly isAfterWord: boolean;
  /** By symbol, and for the end of the text. */
  readonly next: (State | 'matched' | undefined)[];
}

/** True if the expression occurs in a text. */
export type RegExpMatcher = (text: string) => boolean;

/** @throws RegExpProblem where it is not understood, or not linear */
export function compileRegExp(source: string): RegExpMatcher {
  const { syntax, fold } = parseRegExp(source);
  const automaton = new RegExpAutomaton(stepsOf(syntax));
  return (text) => automaton.occursIn(fold ? foldCase(text) : text);
}

/** Thompson's construction, from the end to the beginning. */
function stepsOf(syntax: Syntax): { readonly steps: readonly Step[]; readonly start: number } {
  const steps: Step[] = [{ kind: 'match' }];
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS) throw new RegExpProblem('is too large');
    return steps.push(step) - 1;
  };
  const build = (part: Syntax, next: number): number => {
    switch (part.kind) {
      case 'class':
        return add({ kind: 'class', of: part.of, next });
      case 'assert':
        return add({ kind: 'assert', what: part.what, next });
      case 'all':
        return part.parts.reduceRight((after, one) => build(one, after), next);
      case 'any':
        return part.parts
          .map((one) => build(one, next))
          .reduceRight((other, one) => add({ kind: 'split', next: one, other }));
      case 'repeat': {
        let start = next;
        if (part.most === Number.POSITIVE_INFINITY) {
          const loop: Step & { kind: 'split' } = { kind: 'split', next, other: next };
          start = add(loop);
          loop.other = build(part.part, start);
        } else {
          for (let more = part.least; more < part.most; more++) {
            start = add({ kind: 'split', next, other: build(part.part, start) });
          }
        }
        for (let least = 0; least < part.least; least++) start = build(part.part, start);
        return start;
      }
    }
  };
  return { start: build(syntax, 0), steps };
}

class RegExpAutomaton {
  readonly #steps: readonly Step[];
  readonly #start: number;
  readonly #alphabet: Alphabet;
  readonly #states = new Map<string, State>();
  #cells = 0;
  #first: State;

  constructor({ steps, start }: ReturnType<typeof stepsOf>) {
    this.#steps = steps;
    this.#start = start;
    this.#alphabet = makeAlphabet([WORD, ...steps.flatMap((step) => (step.kind === 'class' ? [step.of] : []))]);
    this.#first = this.#stateFor([start], true, false);
  }

  occursIn(text: string): boolean {
    let state = this.#first;
    for (let at = 0; at < text.length; at++) {
      let code = text.charCodeAt(at);
      if (code >= 0xd800 && code <= 0xdbff) {
        code = text.codePointAt(at) ?? code;
        if (code > 0xffff) at++;
      }
      const symbol = this.#alphabet.symbolOf(code);
      const next = state.next[symbol] ?? this.#advance(state, symbol);
      if (next === 'matched') return true;
      state = next;
    }
    const end = this.#alphabet.size;
    return (state.next[end] ?? this.#advance(state, end)) === 'matched';
  }

  #advance(state: State, symbol: number): State | 'matched' {
    if (this.#cells >= MAX_CELLS) {
      this.#states.clear();
      this.#cells = 0;
      this.#first = this.#stateFor([this.#start], true, false);
    }
    const isEnd = symbol === this.#alphabet.size;
    const code = isEnd ? -1 : this.#alphabet.example(symbol);
    const isWord = !isEnd && accepts(WORD, code);
    const reached = this.#reached(state, isEnd, isWord);
    const following = [...reached].flatMap((at) => {
      const step = this.#steps[at];
      return step?.kind === 'class' && !isEnd && accepts(step.of, code) ? [step.next] : [];
    });
    const hasMatched = reached.has(0);
    // It may begin at any character.
    const next = hasMatched ? 'matched' : this.#stateFor([...following, this.#start], false, isWord);
    state.next[symbol] = next;
    return next;
  }

  /** The steps that can be come to without a character, between what was read last and what comes next. */
  #reached({ steps, isStart, isAfterWord }: State, isEnd: boolean, isWord: boolean): ReadonlySet<number> {
    const holds = { '^': isStart, $: isEnd, b: isAfterWord !== isWord, B: isAfterWord === isWord };
    const reached = new Set<number>();
    const open = [...steps];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reached.has(at)) continue;
      reached.add(at);
      const step = this.#steps[at];
      if (step?.kind === 'split') open.push(step.next, step.other);
      else if (step?.kind === 'assert' && holds[step.what]) open.push(step.next);
    }
    return reached;
  }

  #stateFor(steps: readonly number[], isStart: boolean, isAfterWord: boolean): State {
    const sorted = [...new Set(steps)].sort((one, other) => one - other);
    const key = `${isStart} ${isAfterWord} ${sorted.join()}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      const next = new Array<State | 'matched' | undefined>(this.#alphabet.size + 1).fill(undefined);
      state = { steps: sorted, isStart, isAfterWord, next };
      this.#states.set(key, state);
      this.#cells += sorted.length + next.length;
    }
    return state;
  }
}

function accepts({ negated, ranges }: CharacterClass, code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high) !== negated;
}
