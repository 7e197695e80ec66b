/** What must hold between the principals of the rules and the agents (identity.md). */
import { compilePattern } from '../policy/pattern.ts';
import type { ConfigDocument, ConfigPath } from './document.ts';
import { quote } from './printable.ts';
import type { RulesFile } from './schema.ts';
import type { PrincipalDefinition, Problem } from './types.ts';

type FilePrincipals = NonNullable<RulesFile['principals']>;
type FilePrincipal = FilePrincipals extends Map<string, infer P> ? P : never;
type Report = (severity: Problem['severity'], at: ConfigPath, message: string, fix: string) => void;

/** Reads the principals; what is wrong is added to `problems`. */
export function readPrincipals(
  principals: FilePrincipals,
  agents: readonly string[],
  document: ConfigDocument,
  problems: Problem[],
): ReadonlyMap<string, PrincipalDefinition> {
  const read = new Map<string, PrincipalDefinition>();
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
      defaultAgent: principal.default,
      mayAssume: principal.may_assume,
    });
  }
  return read;
}

/** Exactly one credential, and nobody else's: otherwise it would be a guess who connected. */
function checkCredential(name: string, principal: FilePrincipal, taken: Map<string, string>, report: Report): void {
  const { stdio, token_sha256: token } = principal;
  if (name === '') report('error', [], 'has no name', 'Give it one: it is written into the audit');
  if (stdio === undefined && token === undefined) {
    report('error', [], 'has no credential', 'Add "stdio": true or "token_sha256"');
    return;
  }
  if (stdio !== undefined && token !== undefined) {
    report(
      'error',
      [],
      'has two credentials',
      'Keep "stdio" or "token_sha256", and make a second principal of the other',
    );
    return;
  }
  const credential = token ?? 'stdio';
  const owner = taken.get(credential);
  if (owner === undefined) taken.set(credential, name);
  else if (token === undefined) {
    report('error', ['stdio'], `and ${quote(owner)} both claim stdio`, 'Keep one of them');
  } else {
    report(
      'error',
      ['token_sha256'],
      `has the same token as ${quote(owner)}`,
      'Give each principal a token of its own',
    );
  }
}

function checkAgents(principal: FilePrincipal, agents: readonly string[], report: Report): void {
  const matchers = principal.may_assume.map((source) => ({ source, matches: compilePattern(source) }));
  for (const [index, { source, matches }] of matchers.entries()) {
    if (agents.some(matches)) continue;
    const fix = 'Correct the pattern, or add the agent to "agents"';
    report('warning', ['may_assume', index], `may assume ${quote(source)}, which matches no agent`, fix);
  }
  if (matchers.length === 0) {
    report('warning', ['may_assume'], 'may assume no agent and so can do nothing', 'Add the agents it may act as');
  }
  const agent = principal.default;
  if (agent === undefined) return;
  if (!agents.includes(agent)) {
    report('error', ['default'], `has the default ${quote(agent)}, which is not an agent`, 'Name a key of "agents"');
  } else if (!matchers.some(({ matches }) => matches(agent))) {
    const fix = `Add ${quote(agent)} to "may_assume", or choose another default`;
    report('error', ['default'], `has the default ${quote(agent)}, which "may_assume" does not match`, fix);
  }
}
