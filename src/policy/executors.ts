/** The gateway's tools that call the tools of servers: one for all of them, or one for each thing that they do to the world. */
import type { Access } from './rules-data.ts';

export const EXECUTE_ANY = 'execute_tool';

/** The one that runs programs, whose calls are calls of `execute_tool`. */
export const RUN_CODE = 'run_code';

/** In the place of `execute_tool`, for agents with `"execute": "split"`. */
export const SPLIT_EXECUTORS = ['execute_read', 'execute_write', 'execute_destructive'] as const;
export type SplitExecutor = (typeof SPLIT_EXECUTORS)[number];
export type Executor = typeof EXECUTE_ANY | SplitExecutor;

/** Nobody knows what an unknown tool does, so whoever approves what destroys by hand approves it too. */
const BY_ACCESS: Readonly<Record<Access, SplitExecutor>> = {
  read: 'execute_read',
  write: 'execute_write',
  destructive: 'execute_destructive',
  unknown: 'execute_destructive',
};

/** The one that calls tools of an access. */
export function executorFor(access: Access): SplitExecutor {
  return BY_ACCESS[access];
}

export function isSplit(executor: Executor | undefined): executor is SplitExecutor {
  return executor !== undefined && executor !== EXECUTE_ANY;
}
