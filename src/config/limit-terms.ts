/** Limits and assurance of the rules, in the form that the pipeline uses. */
import type { RulesFile } from './file-schemas.ts';
import type { AgentTerms, Budget, Limits } from './snapshot.ts';

type FileAgent = RulesFile['agents'] extends Map<string, infer A> ? A : never;
type FileLimits = NonNullable<FileAgent['limits']>;

/** The agents that have terms. */
export function readTerms(agents: RulesFile['agents']): ReadonlyMap<string, AgentTerms> {
  const terms = new Map<string, AgentTerms>();
  for (const [name, agent] of agents) {
    const { min_assurance: minAssurance, expose, execute, max_result_tokens: maxResultTokens } = agent;
    const limits = agent.limits && readLimits(agent.limits);
    const code = agent.code === undefined ? undefined : readCode(agent.code);
    const budget = agent.budget && readBudget(agent.budget);
    const loopBreaker = readLoopBreaker(agent.loop_breaker);
    const read = { minAssurance, expose, execute, code, maxResultTokens, limits, budget, loopBreaker };
    if (Object.values(read).some((term) => term !== undefined)) terms.set(name, read);
  }
  return terms;
}

type FileCode = NonNullable<FileAgent['code']>;

function readCode(code: FileCode): AgentTerms['code'] {
  if (typeof code === 'boolean') return code ? {} : false;
  return {
    ...(code.max_calls === undefined ? {} : { calls: code.max_calls }),
    ...(code.max_parallel === undefined ? {} : { parallel: code.max_parallel }),
    ...(code.memory_mb === undefined ? {} : { memoryMb: code.memory_mb }),
    ...(code.cpu_ms === undefined ? {} : { cpuMs: code.cpu_ms }),
    ...(code.timeout_ms === undefined ? {} : { timeoutMs: code.timeout_ms }),
  };
}

export function readLimits(limits: FileLimits): Limits {
  return {
    callsPerMinute: limits.calls_per_minute,
    concurrentCalls: limits.concurrent_calls,
    bytesPerHour: limits.bytes_per_hour,
  };
}

export function readBudget({
  calls,
  result_tokens: resultTokens,
  cost,
  per,
}: NonNullable<FileAgent['budget']>): Budget {
  return { calls, resultTokens, cost, per };
}

const REPEATS = 5;

/** The number of equal answers in a row; undefined where nothing is said. */
export function readLoopBreaker(said: boolean | number | undefined): number | 'off' | undefined {
  if (typeof said !== 'boolean') return said;
  return said ? REPEATS : 'off';
}
