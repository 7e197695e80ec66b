/** Checks what must hold between the principals of the rules and the agents (docs/identity.md). */
import { compilePattern } from '../policy/pattern.ts';
import { checkCredential } from './check-credentials.ts';
import type { RulesFile } from './file-schemas.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { readBudget, readLimits } from './limit-terms.ts';
import { quote } from './quote-name.ts';
import type { JwtDefinition, PrincipalDefinition, Problem } from './snapshot.ts';

type FilePrincipals = NonNullable<RulesFile['principals']>;
export type FilePrincipal = FilePrincipals extends Map<string, infer P> ? P : never;
/** Adds a problem of one principal; `at` is the path inside it. */
export type Report = (severity: Problem['severity'], at: ConfigPath, message: string, fix: string) => void;

const EMPTY = 'There is nobody in "principals", so nobody may connect, neither over stdio nor over HTTP';

/** Reads the principals; what is wrong is added to `problems`. */
export function readPrincipals(
  principals: FilePrincipals,
  agents: readonly string[],
  document: ConfigDocument,
  problems: Problem[],
): ReadonlyMap<string, PrincipalDefinition> {
  const read = new Map<string, PrincipalDefinition>();
  if (principals.size === 0) {
    const fix =
      'Add one ("agent-mcp-gateway token create NAME --write"), or take "principals" out: then every connection may be any agent';
    const place = document.place(['principals'], 'key');
    problems.push({ severity: 'warning', file: document.file, ...place, message: EMPTY, fix });
  }
  const taken = new Map<string, string>();
  for (const [name, principal] of principals) {
    const report: Report = (severity, at, message, fix) => {
      const place = document.place(['principals', name, ...at], at.length === 0 ? 'key' : 'value');
      problems.push({ severity, file: document.file, ...place, message: `Principal ${quote(name)} ${message}`, fix });
    };
    checkCredential(name, principal, taken, report);
    checkAgents(principal, agents, report);
    read.set(name, {
      name,
      stdio: principal.stdio === true,
      tokenSha256: principal.token_sha256,
      expiresAt: principal.expires === undefined ? undefined : Date.parse(principal.expires),
      jwt: principal.jwt && readJwt(principal.jwt),
      hook: principal.hook === true,
      operator: principal.operator === true,
      defaultAgent: principal.default,
      mayAssume: principal.may_assume,
      ceiling: principal.ceiling,
      limits: principal.limits && readLimits(principal.limits),
      budget: principal.budget && readBudget(principal.budget),
    });
  }
  return read;
}

function readJwt(jwt: NonNullable<FilePrincipal['jwt']>): JwtDefinition {
  return {
    issuer: jwt.issuer,
    audience: jwt.audience,
    jwksUri: jwt.jwks_uri,
    agentClaim: jwt.agent_claim,
    scopes: jwt.scopes,
  };
}

function checkAgents(principal: FilePrincipal, agents: readonly string[], report: Report): void {
  const matchers = checkPatterns(principal.may_assume, ['may_assume'], agents, report);
  if (matchers.length === 0 && principal.operator !== true) {
    report('warning', ['may_assume'], 'may assume no agent and so can do nothing', 'Add the agents it may act as');
  }
  for (const [scope, patterns] of principal.jwt?.scopes ?? []) {
    checkPatterns(patterns, ['jwt', 'scopes', scope], agents, report);
  }
  const { ceiling, default: agent } = principal;
  if (ceiling !== undefined && !agents.includes(ceiling)) {
    report('error', ['ceiling'], `has the ceiling ${quote(ceiling)}, which is not an agent`, 'Name a key of "agents"');
  }
  if (agent === undefined) return;
  if (!agents.includes(agent)) {
    report('error', ['default'], `has the default ${quote(agent)}, which is not an agent`, 'Name a key of "agents"');
  } else if (!matchers.some((matches) => matches(agent))) {
    const fix = `Add ${quote(agent)} to "may_assume", or choose another default`;
    report('error', ['default'], `has the default ${quote(agent)}, which "may_assume" does not match`, fix);
  }
}

function checkPatterns(patterns: readonly string[], at: ConfigPath, agents: readonly string[], report: Report) {
  return patterns.map((source, index) => {
    const matches = compilePattern(source);
    if (!agents.some(matches)) {
      const fix = 'Correct the pattern, or add the agent to "agents"';
      report('warning', [...at, index], `may assume ${quote(source)}, which matches no agent`, fix);
    }
    return matches;
  });
}
