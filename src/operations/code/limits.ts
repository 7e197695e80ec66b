import type { ProgramLimits } from '../../config/snapshot.ts';

/** The limits of programs where the rules do not say. */
export const DEFAULT_LIMITS: ProgramLimits = {
  calls: 50,
  parallel: 8,
  memoryMb: 64,
  cpuMs: 2_000,
  timeoutMs: 120_000,
};
