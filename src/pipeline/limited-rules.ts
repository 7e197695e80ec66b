/** Rules with limits, for tests. */
import type { Limits, PrincipalDefinition, Snapshot } from '../config/snapshot.ts';
import { compile } from '../policy/compile-rules.ts';

const none: Limits = { callsPerMinute: undefined, concurrentCalls: undefined, bytesPerHour: undefined };

/** Those of the principal `ci` as the agent `dev`. */
export function limitedRules(ofPrincipal: Partial<Limits> | undefined, ofAgent: Partial<Limits> | undefined): Snapshot {
  const ci: PrincipalDefinition = {
    name: 'ci',
    stdio: true,
    tokenSha256: undefined,
    expiresAt: undefined,
    jwt: undefined,
    hook: false,
    operator: false,
    defaultAgent: undefined,
    mayAssume: ['*'],
    ceiling: undefined,
    limits: ofPrincipal && { ...none, ...ofPrincipal },
  };
  return {
    version: '1',
    paths: { servers: '', rules: '' },
    servers: new Map(),
    broken: new Map(),
    policy: compile({ agents: { dev: {}, ops: {} } }),
    denyOnMissingAgent: false,
    explainDenials: false,
    agentTerms: new Map(
      ofAgent === undefined ? [] : [['dev', { minAssurance: undefined, limits: { ...none, ...ofAgent } }]],
    ),
    principals: new Map([['ci', ci]]),
    search: { embeddings: undefined, learnFromUse: false },
    approvals: { via: [], timeoutMs: 1000, remember: false, webhook: undefined },
    warnings: [],
  };
}
