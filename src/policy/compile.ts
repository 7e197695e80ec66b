import type { Decision, PolicyRules } from './rules.ts';

/** Rules compiled once per snapshot. */
export interface Policy {
  readonly agents: readonly string[];
  hasAgent(agent: string): boolean;
  decide(agent: string, server: string, tool?: string): Decision;
}

export function compile(_rules: PolicyRules): Policy {
  throw new Error('placeholder');
}
