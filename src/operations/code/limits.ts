/** Limits of one program: what the rules of its agent say, or these. */
export interface ProgramLimits {
  /** Calls in all, and at a time. */
  readonly calls: number;
  readonly parallel: number;
  /** MiB of memory. */
  readonly memoryMb: number;
  /** Milliseconds of the processor. */
  readonly cpuMs: number;
  /** Milliseconds in all, without those in which people were waited for. */
  readonly timeoutMs: number;
}

export const DEFAULT_LIMITS: ProgramLimits = {
  calls: 50,
  parallel: 8,
  memoryMb: 64,
  cpuMs: 2_000,
  timeoutMs: 120_000,
};

/** Characters of a program. */
export const MAX_PROGRAM = 64 * 1024;
