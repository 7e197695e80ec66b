/**
 * Rules that are valid but may not do what their author meant: those that meant something else in the Python gateway
 * (divergences D1, D2, D3 and D5, docs/migrating.md), and patterns that look mistyped.
 */
import { isLiteralPattern } from './pattern.ts';
import { parsePattern } from './pattern-tokens.ts';
import { type AccessList, type Effect, type PolicyRules, toolPattern } from './rules-data.ts';

interface LintFinding {
  /** The divergence, or `pattern` for a pattern that is probably mistyped. */
  readonly kind: 'D1' | 'D2' | 'D3' | 'D5' | 'pattern';
  /** Keys and indices from the root of the rules file. */
  readonly path: readonly (string | number)[];
  /** A sentence without full stop. */
  readonly message: string;
  /** The thing to do if it was not meant. */
  readonly fix: string;
}

/** Looks through validated rules; findings come in the order of the file. Pure. */
export function lint(rules: PolicyRules): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const [name, agent] of Object.entries(rules.agents)) {
    if (agent.allow !== undefined) findings.push(...lintAccess(agent.allow, ['agents', name, 'allow'], 'allow'));
    if (agent.ask !== undefined) findings.push(...lintAccess(agent.ask, ['agents', name, 'ask'], 'ask'));
    if (agent.deny !== undefined) findings.push(...lintAccess(agent.deny, ['agents', name, 'deny'], 'deny'));
  }
  if (rules.defaults?.deny_on_missing_agent === false) {
    findings.push({
      kind: 'D1',
      path: ['defaults', 'deny_on_missing_agent'],
      message:
        'An agent_id that the rules do not have is refused; the Python gateway let it use everything when this was false',
      fix: 'List every agent under "agents"; calls without agent_id still use the default agent',
    });
  }
  return findings;
}

type Kind = Effect;
type Path = readonly (string | number)[];

function lintAccess(access: AccessList, path: Path, kind: Kind): LintFinding[] {
  const findings = lintPatterns(access.servers ?? [], [...path, 'servers'], kind);
  for (const [key, patterns] of Object.entries(access.tools ?? {})) {
    const at = [...path, 'tools', key];
    // The Python gateway had nothing to ask, so nothing of that can have meant something else.
    if (kind !== 'ask' && !isLiteralPattern(key)) findings.push(patternKey(key, at, kind));
    findings.push(...lintSyntax(key, at));
    if (kind === 'allow' && patterns.length === 0) findings.push(emptyList(key, at));
    findings.push(...lintPatterns(patterns.map(toolPattern), at, kind));
  }
  return findings;
}

function patternKey(key: string, path: Path, kind: Kind): LintFinding {
  const text = JSON.stringify(key);
  const before = kind === 'deny' ? 'denied nothing' : 'restricted nothing';
  return {
    kind: 'D2',
    path,
    message: `${text} stands for every server that it matches; in the Python gateway it was a literal name and ${before}`,
    fix: `Keep it if the rule is meant for all those servers; otherwise write the server's name instead of ${text}`,
  };
}

function emptyList(key: string, path: Path): LintFinding {
  return {
    kind: 'D3',
    path,
    message: `An empty list allows no tool of ${JSON.stringify(key)}; in the Python gateway it allowed all of them`,
    fix: 'Write ["*"] or remove the key to allow every tool',
  };
}

function lintPatterns(patterns: readonly string[], path: Path, kind: Kind): LintFinding[] {
  return patterns.flatMap((pattern, index) => {
    const at = [...path, index];
    const findings = lintSyntax(pattern, at);
    if (kind !== 'ask' && !pattern.includes('*') && !isLiteralPattern(pattern))
      findings.unshift(patternWithoutStar(pattern, at, kind));
    return findings;
  });
}

function patternWithoutStar(pattern: string, path: Path, kind: Kind): LintFinding {
  const verb = kind === 'deny' ? 'denied' : 'allowed';
  return {
    kind: 'D5',
    path,
    message: `${JSON.stringify(pattern)} is a pattern; the Python gateway ${verb} only a name spelled exactly like it`,
    fix: 'Keep it if it is meant as a pattern; in a name, write [?] for a question mark and [[] for a bracket',
  };
}

function lintSyntax(pattern: string, path: Path): LintFinding[] {
  const { unclosedAt, backwards } = parsePattern(pattern);
  const findings: LintFinding[] = [];
  if (unclosedAt !== undefined) {
    findings.push({
      kind: 'pattern',
      path,
      message: `The "[" at character ${unclosedAt + 1} of ${JSON.stringify(pattern)} is never closed and stands for itself`,
      fix: 'Close it with "]", or write [[] to say that the bracket is meant',
    });
  }
  if (backwards !== undefined) {
    findings.push({
      kind: 'pattern',
      path,
      message: `The range ${JSON.stringify(backwards)} in ${JSON.stringify(pattern)} runs backwards and matches nothing`,
      fix: 'Write the lower character first',
    });
  }
  return findings;
}
