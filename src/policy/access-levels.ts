/** The access of tools: as their servers say, and as the owner corrects it. */
import { isLiteralPattern } from './pattern.ts';
import { makeRuleSet, type Rule } from './rule-set.ts';
import { type Access, decisionOf, type PolicyRules } from './rules-data.ts';

/**
 * From the annotations of a tool (2025-11-25, ToolAnnotations): what it says of reading and destroying. Where it says both, it destroys; where it
 * says neither, nobody knows.
 */
export function accessOfAnnotations(annotations: Readonly<Record<string, unknown>> | undefined): Access {
  const { readOnlyHint, destructiveHint } = annotations ?? {};
  if (destructiveHint === true) return 'destructive';
  if (readOnlyHint === true) return 'read';
  if (destructiveHint === false) return 'write';
  // A tool that changes something is destructive unless it says that it is not.
  return readOnlyHint === false ? 'destructive' : 'unknown';
}

/** Corrects what servers say. @returns undefined where the owner says nothing of the tool */
type Corrections = (server: string, tool: string) => Access | undefined;

/** The name of a server before a pattern of it, then the name of a tool before a pattern of it, then what is stricter. */
export function compileCorrections(access: PolicyRules['access']): Corrections {
  const levels = new Map<Rule, Access>();
  for (const [key, tools] of Object.entries(access ?? {})) {
    for (const [source, level] of Object.entries(tools)) {
      levels.set({ source, key, decision: decisionOf('deny', 'access') }, level);
    }
  }
  if (levels.size === 0) return () => undefined;
  const strictest = [...levels.keys()].sort((one, other) => strictness(levels, other) - strictness(levels, one));
  const isNamed = ({ key = '' }: Rule): boolean => isLiteralPattern(key);
  const [named, others] = [strictest.filter(isNamed), strictest.filter((rule) => !isNamed(rule))].map(makeRuleSet);
  return (server, tool) => {
    const rule = named?.find(server, tool) ?? others?.find(server, tool);
    return rule && levels.get(rule);
  };
}

/** Mildest first. */
const STRICTNESS: readonly Access[] = ['read', 'write', 'unknown', 'destructive'];

function strictness(levels: ReadonlyMap<Rule, Access>, rule: Rule): number {
  return STRICTNESS.indexOf(levels.get(rule) ?? 'unknown');
}
