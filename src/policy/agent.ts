/** The decision for one agent, step by step as behaviour section 2 lists it. */
import { type Automaton, makeAutomaton } from './automaton.ts';
import { isLiteralPattern } from './pattern.ts';
import { makeRuleSet, type Rule, type RuleSet } from './rule-set.ts';
import type { AgentRules, Decision } from './rules.ts';
import { parsePattern } from './tokens.ts';

/** Which question was answered last, and by which rule; the rule is missing where none matched. */
export interface Verdict {
  readonly decision: Decision;
  readonly about: 'agent' | 'server' | 'tool';
  readonly rule?: Rule;
}

/** The rules of one agent, compiled. */
export interface AgentPolicy {
  /** Denies and allows together, denies first. */
  readonly servers: RuleSet;
  readonly deniedTools: RuleSet;
  readonly allowedTools: AllowedTools;
}

/** `allow.tools`: the literal key of a server counts alone; the pattern keys only where there is none. */
interface AllowedTools {
  readonly literalKeys: ReadonlySet<string>;
  readonly underLiteralKeys: RuleSet;
  readonly patternKeys: Automaton;
  readonly underPatternKeys: RuleSet;
}

type ToolMap = Readonly<Record<string, readonly string[]>>;

/** Keys that can stand in a path as they are; others are quoted, so that the path stays one line and readable. */
const PLAIN_KEY = /^[\w.*?@:/-]+$/;

const DEFAULT_DENY: Decision = Object.freeze({ allowed: false, rule: 'default_deny' });
const NO_SERVER_RULE: Verdict = Object.freeze({ decision: DEFAULT_DENY, about: 'server' });
const NO_TOOL_RULE: Verdict = Object.freeze({ decision: DEFAULT_DENY, about: 'tool' });
const IMPLICIT_GRANT: Verdict = Object.freeze({
  decision: Object.freeze({ allowed: true, rule: 'implicit_grant' }),
  about: 'tool',
});

/** Compiles the rules of one agent. `name` appears in the paths of its rules. */
export function compileAgent(name: string, { allow, deny }: AgentRules): AgentPolicy {
  const path = `agents${member(name)}`;
  return {
    servers: makeRuleSet([
      ...listRules(deny?.servers ?? [], `${path}.deny.servers`, false),
      ...listRules(allow?.servers ?? [], `${path}.allow.servers`, true),
    ]),
    deniedTools: makeRuleSet(toolRules(deny?.tools ?? {}, `${path}.deny.tools`, false)),
    allowedTools: compileAllowedTools(allow?.tools ?? {}, `${path}.allow.tools`),
  };
}

function compileAllowedTools(tools: ToolMap, path: string): AllowedTools {
  const rules = toolRules(tools, path, true);
  const underLiteral = (rule: Rule): boolean => rule.key !== undefined && isLiteralPattern(rule.key);
  const keys = Object.keys(tools);
  const patternKeys = keys.filter((key) => !isLiteralPattern(key));
  return {
    literalKeys: new Set(keys.filter(isLiteralPattern)),
    underLiteralKeys: makeRuleSet(rules.filter(underLiteral)),
    patternKeys: makeAutomaton(patternKeys.map((key) => parsePattern(key).tokens)),
    underPatternKeys: makeRuleSet(rules.filter((rule) => !underLiteral(rule))),
  };
}

function toolRules(tools: ToolMap, path: string, allowed: boolean): Rule[] {
  return Object.entries(tools).flatMap(([key, sources]) => listRules(sources, `${path}${member(key)}`, allowed, key));
}

function listRules(sources: readonly string[], path: string, allowed: boolean, key?: string): Rule[] {
  return sources.map((source, index) => ({
    source,
    key,
    decision: Object.freeze({ allowed, rule: `${path}[${index}]` }),
  }));
}

function member(key: string): string {
  return PLAIN_KEY.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Decides about a server, or about a tool of it. */
export function decideFor(agent: AgentPolicy, server: string, tool: string | undefined): Verdict {
  const rule = agent.servers.find(server);
  if (rule === undefined) return NO_SERVER_RULE;
  if (tool === undefined || !rule.decision.allowed) return { decision: rule.decision, about: 'server', rule };
  const denying = agent.deniedTools.find(server, tool);
  if (denying !== undefined) return { decision: denying.decision, about: 'tool', rule: denying };
  return decideByAllows(agent.allowedTools, server, tool);
}

function decideByAllows(allowed: AllowedTools, server: string, tool: string): Verdict {
  const literalKey = allowed.literalKeys.has(server);
  if (!literalKey && allowed.patternKeys.find(server) === undefined) return IMPLICIT_GRANT;
  const rule = (literalKey ? allowed.underLiteralKeys : allowed.underPatternKeys).find(server, tool);
  return rule === undefined ? NO_TOOL_RULE : { decision: rule.decision, about: 'tool', rule };
}
