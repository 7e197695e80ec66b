/**
 * Matches a name against many patterns at once, reading each character once: a deterministic automaton whose states are
 * made when a name first needs them (the subset construction, done lazily, as in K. Thompson's grep). However many patterns
 * there are and however many stars they have, a character costs one look-up in the usual case, and one pass over the
 * patterns at worst; there is no backtracking.
 */
import { type Alphabet, makeAlphabet } from './alphabet.ts';
import type { Token } from './pattern-tokens.ts';

/** The elements of a sequence: tokens, and `end of part` between the two names of a pair (a server and its tool). */
export type Step = Token | typeof END_OF_PART;

/** Matches the border between the two parts and nothing else, so no `*` reaches from a server's name into a tool's. */
export const END_OF_PART = 'end of part';

export interface Automaton {
  /** Index of the first sequence that matches a name, or a pair of names, as a whole. */
  find(name: string, second?: string): number | undefined;
  /** Indices of all that do, ascending. */
  findAll(name: string, second?: string): readonly number[];
}

interface State {
  /** The places in the sequences where a match may stand, ascending. */
  readonly positions: readonly number[];
  /** Index of the first sequence that is complete here. */
  readonly found: number | undefined;
  /** Of all that are, once somebody asks. */
  all: readonly number[] | undefined;
  /** Next state by symbol. */
  readonly next: (State | undefined)[];
}

/** All sequences one after the other; a number after each says which one has ended. */
interface Program {
  readonly steps: readonly (Step | Completed)[];
  readonly start: readonly number[];
  readonly alphabet: Alphabet;
}

interface Completed {
  readonly completed: number;
}

/**
 * Numbers and references that the states of one automaton may hold, about 1 MiB; then they are dropped and made anew. Callers
 * choose the names, so without a limit they could fill the memory.
 */
const MAX_CELLS = 1 << 17;

/** Compiles sequences; the order is the precedence. Matching is case-sensitive and by code point. */
export function makeAutomaton(sequences: readonly (readonly Step[])[]): Automaton {
  const program = makeProgram(sequences);
  const { alphabet } = program;
  const states = new Map<string, State>();
  let cells = 0;

  const stateFor = (positions: readonly number[]): State => {
    const key = positions.join();
    let state = states.get(key);
    if (state === undefined) {
      const next = new Array<State | undefined>(alphabet.size + 1).fill(undefined);
      state = { positions, found: firstCompleted(program, positions), all: undefined, next };
      states.set(key, state);
      cells += positions.length + next.length;
    }
    return state;
  };
  let start = stateFor(program.start);

  const advance = (state: State, symbol: number): State => {
    if (cells >= MAX_CELLS) {
      states.clear();
      cells = 0;
      start = stateFor(program.start);
    }
    const following = stateFor(nextPositions(program, state.positions, symbol));
    state.next[symbol] = following;
    return following;
  };

  const read = (state: State, name: string): State => {
    for (let at = 0; at < name.length; at++) {
      if (state.positions.length === 0) return state;
      let codePoint = name.charCodeAt(at);
      if (codePoint >= 0xd800 && codePoint <= 0xdbff) {
        codePoint = name.codePointAt(at) ?? codePoint;
        if (codePoint > 0xffff) at++;
      }
      const symbol = alphabet.symbolOf(codePoint);
      state = state.next[symbol] ?? advance(state, symbol);
    }
    return state;
  };

  const readAll = (name: string, second: string | undefined): State => {
    const state = read(start, name);
    if (second === undefined) return state;
    const border = alphabet.size;
    return read(state.next[border] ?? advance(state, border), second);
  };
  return {
    find: (name, second) => readAll(name, second).found,
    findAll: (name, second) => {
      const state = readAll(name, second);
      state.all ??= allCompleted(program, state.positions);
      return state.all;
    },
  };
}

function makeProgram(sequences: readonly (readonly Step[])[]): Program {
  const steps: (Step | Completed)[] = [];
  const start: number[] = [];
  for (const [index, sequence] of sequences.entries()) {
    start.push(steps.length);
    if (sequence[0] === '*') start.push(steps.length + 1);
    steps.push(...sequence, { completed: index });
  }
  const tokens = sequences.flat().filter((step) => step !== END_OF_PART);
  return { steps, start, alphabet: makeAlphabet(tokens) };
}

function firstCompleted(program: Program, positions: readonly number[]): number | undefined {
  for (const position of positions) {
    const step = program.steps[position];
    if (typeof step === 'object' && 'completed' in step) return step.completed;
  }
  return undefined;
}

function allCompleted(program: Program, positions: readonly number[]): number[] {
  return positions.flatMap((position) => {
    const step = program.steps[position];
    return typeof step === 'object' && 'completed' in step ? [step.completed] : [];
  });
}

/** The places of matches after one more character. A `*` is stood on and stepped over at the same time. */
function nextPositions(program: Program, positions: readonly number[], symbol: number): number[] {
  const following: number[] = [];
  // Positions ascend and each leads at most two further, past a `*` that is then in the list itself: the last one tells.
  const add = (position: number): void => {
    if (position > (following.at(-1) ?? -1)) following.push(position);
  };
  const border = symbol === program.alphabet.size;
  const codePoint = program.alphabet.example(symbol);
  for (const position of positions) {
    const step = program.steps[position];
    if (step === undefined) continue;
    const passes = border ? step === END_OF_PART : accepts(step, codePoint);
    if (!passes) continue;
    const target = step === '*' ? position : position + 1;
    add(target);
    if (program.steps[target] === '*') add(target + 1);
  }
  return following;
}

function accepts(step: Step | Completed, codePoint: number): boolean {
  if (typeof step === 'number') return step === codePoint;
  if (step === '*') return true;
  if (step === END_OF_PART || 'completed' in step) return false;
  for (const [low, high] of step.ranges) {
    if (codePoint >= low && codePoint <= high) return !step.negated;
  }
  return step.negated;
}
