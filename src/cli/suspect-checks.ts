/** Checks that pass because something is denied which may only be misspelt: nothing that nobody names is ever allowed. Pure. */
import { nearest } from '../config/nearest-name.ts';
import { quote } from '../config/quote-name.ts';
import type { Check } from '../policy/expectations.ts';
import { compilePattern, isLiteralPattern } from '../policy/pattern.ts';
import { type PolicyRules, toolPattern } from '../policy/rules-data.ts';

interface Suspect {
  /** Index, from 0. */
  readonly check: number;
  readonly message: string;
}

const UNENFORCED = 'what its rules deny is recorded and happens all the same';

/**
 * One for each agent whose denials are not enforced, and for each unknown name in a check that expects a denial. Rules seldom name a tool that they do not allow, so of tools only
 * those are told that look like a known one.
 * @param servers names in the servers file; undefined where there is none to look into.
 */
export function suspectChecks(
  rules: PolicyRules,
  servers: ReadonlySet<string> | undefined,
  checks: readonly Check[],
): Suspect[] {
  const inRules = patternsIn(rules);
  const agents = namesOf(Object.keys(rules.agents), []);
  const allServers = namesOf([...(servers ?? [])], inRules.servers);
  const tools = namesOf(
    checks.flatMap(({ effect, tool }) => (effect !== 'deny' && tool !== null ? [tool] : [])),
    inRules.tools,
  );
  const where = servers === undefined ? 'No rule names' : 'Neither the servers file nor a rule names';
  const found = new Map<string, Suspect>();
  for (const [check, { agent, server, tool, effect }] of checks.entries()) {
    if (effect !== 'deny') continue;
    const add = (message: string): void => {
      if (!found.has(message)) found.set(message, { check, message });
    };
    if (rules.agents[agent]?.enforce === 'shadow') add(`Agent ${quote(agent)} is in shadow mode: ${UNENFORCED}`);
    if (!agents.has(agent)) add(`The rules have no agent ${quote(agent)}${agents.meant(agent)}`);
    if (!allServers.has(server)) add(`${where} the server ${quote(server)}${allServers.meant(server)}`);
    const meant = tool === null || tools.has(tool) ? '' : tools.meant(tool);
    if (tool !== null && meant !== '') add(`No rule names the tool ${quote(tool)}${meant}`);
  }
  return [...found.values()];
}

interface Names {
  has(name: string): boolean;
  /** Suggests a name that may have been meant, as the end of a sentence. */
  meant(name: string): string;
}

/** @param patterns `*` names nothing. */
function namesOf(literal: readonly string[], patterns: readonly string[]): Names {
  const matchers = patterns.filter((pattern) => pattern !== '*').map(compilePattern);
  const all = [...literal, ...patterns.filter(isLiteralPattern)];
  return {
    has: (name) => literal.includes(name) || matchers.some((matches) => matches(name)),
    meant(name) {
      const similar = nearest(name, all);
      return similar === undefined ? '' : `: did you mean ${quote(similar)}?`;
    },
  };
}

function patternsIn({ agents }: PolicyRules): { readonly servers: string[]; readonly tools: string[] } {
  const lists = Object.values(agents).flatMap(({ allow, ask, deny }) => [allow, ask, deny]);
  const maps = lists.flatMap((list) => [list?.tools, list?.prompts, list?.resources, list?.skills, list?.access]);
  return {
    servers: [...lists.flatMap((list) => list?.servers ?? []), ...maps.flatMap((map) => Object.keys(map ?? {}))],
    tools: lists.flatMap((list) =>
      Object.values(list?.tools ?? {})
        .flat()
        .map(toolPattern),
    ),
  };
}
