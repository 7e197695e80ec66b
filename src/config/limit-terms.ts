/** Limits and assurance of the rules, in the form that the pipeline uses. */
import type { RulesFile } from './file-schemas.ts';
import type { AgentTerms, Limits } from './snapshot.ts';

type FileAgent = RulesFile['agents'] extends Map<string, infer A> ? A : never;
type FileLimits = NonNullable<FileAgent['limits']>;

/** The agents that have terms. */
export function readTerms(agents: RulesFile['agents']): ReadonlyMap<string, AgentTerms> {
  const terms = new Map<string, AgentTerms>();
  for (const [name, agent] of agents) {
    const { min_assurance: minAssurance, expose, execute, code, limits, max_result_tokens: maxResultTokens } = agent;
    if ([minAssurance, expose, execute, code, limits, maxResultTokens].every((term) => term === undefined)) continue;
    terms.set(name, {
      minAssurance,
      expose,
      execute,
      code: code === undefined ? undefined : readCode(code),
      maxResultTokens,
      limits: limits && readLimits(limits),
    });
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
