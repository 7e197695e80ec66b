/** What a thread of programs and the gateway say to each other: texts and numbers. */
import type { ProgramLimits } from '../../config/snapshot.ts';
import type { Failure } from './failure.ts';

export type ToThread =
  /** QuickJS, compiled: the first message. */
  | { readonly kind: 'engine'; readonly module: WebAssembly.Module }
  | { readonly kind: 'start'; readonly code: string; readonly limits: ProgramLimits; readonly signs: SharedArrayBuffer }
  /** The answer to what was asked; `isResult` false for `{ code, message }`. */
  | { readonly kind: 'settle'; readonly id: number; readonly isResult: boolean; readonly text: string };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'asked'; readonly what: Asked; readonly id: number; readonly text: string }
  | { readonly kind: 'over'; readonly ended: Ended };

export type Asked = 'call' | 'search' | 'describe';

/** The end of a program. */
export interface Ended {
  /** JSON of what it returned; empty for nothing, undefined where it failed. */
  readonly returned?: string;
  readonly failure?: Failure;
  /** What it logged. */
  readonly logged: string;
  readonly calls: number;
}

/** Places in what both share: the gateway says that a program has to stop, and the thread that it still asks. */
export const STOP = 0;
/** Milliseconds of `monotonicMs` at which the program was last seen to compute; 0 while it waits. */
export const SEEN = 1;
export const SIGNS_BYTES = 8;

/** Milliseconds of a clock that all threads have in common, never 0. */
export function monotonicMs(): number {
  const [seconds, ns] = process.hrtime();
  return ((seconds & 0xfffff) * 1000 + Math.floor(ns / 1e6)) | 1;
}
