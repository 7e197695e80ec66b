/** Virtual servers as rules see them: names that lead to tools of other servers (docs/virtual-servers.md). */
import type { Verdict } from './compile-agent.ts';
import type { ExplainablePolicy, Policy } from './compile-rules.ts';
import type { CallFacts, Decision, OfferKind } from './rules-data.ts';

/** A tool by the names that its server and its entry give it. */
export interface OriginalTool {
  readonly server: string;
  readonly name: string;
}

export interface VirtualNames {
  /** The servers that tools of it may be of. */
  readonly servers: readonly string[];
  /** The tool that a name of it leads to, whether or not there is such a tool; undefined for none. */
  originalOf(name: string): OriginalTool | undefined;
}

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const;

/**
 * The same policy, in which a tool of a virtual server may be used only where both may: that name, and the tool that it leads to. Of the two
 * decisions the stricter one counts, and of equal ones that about the virtual name.
 */
export function withVirtualServers(
  policy: ExplainablePolicy,
  virtual: ReadonlyMap<string, VirtualNames>,
): ExplainablePolicy {
  if (virtual.size === 0) return policy;
  const accessOf: Policy['accessOf'] = (server, tool, said) => {
    const original = virtual.get(server)?.originalOf(tool);
    const corrected = original === undefined ? said : policy.accessOf(original.server, original.name, said);
    return policy.accessOf(server, tool, corrected);
  };
  /** The answer that counts: that for the virtual name, or a stricter one for a tool or server that it leads to. */
  const combined =
    <T>(
      answer: (agent: string, server: string, name?: string, kind?: OfferKind, facts?: CallFacts) => T,
      decisionOf: (answer: T) => Decision,
    ) =>
    (agent: string, server: string, name?: string, kind: OfferKind = 'tool', facts?: CallFacts): T => {
      const names = virtual.get(server);
      if (names === undefined) return answer(agent, server, name, kind, facts);
      const original = name === undefined || kind !== 'tool' ? undefined : names.originalOf(name);
      const own = answer(agent, server, name, kind, original === undefined ? facts : factsOf(policy, original, facts));
      if (!decisionOf(own).allowed) return own;
      if (name === undefined)
        return names.servers.some((one) => decisionOf(answer(agent, one)).allowed)
          ? own
          : answer(agent, names.servers[0] ?? '');
      if (original === undefined) return own;
      const other = answer(agent, original.server, original.name, kind, facts);
      return isStricter(decisionOf(other), decisionOf(own)) ? other : own;
    };
  return {
    ...policy,
    decide: combined(policy.decide, (decision) => decision),
    judge: combined(policy.judge, (decision) => decision),
    verdict: combined<Verdict>(policy.verdict, ({ decision }) => decision),
    readsAccess: (agent, server) =>
      policy.readsAccess(agent, server) ||
      virtual.get(server)?.servers.some((one) => policy.readsAccess(agent, one)) === true,
    accessOf,
  };
}

/** The facts of a call, with what the owner says of the tool itself. */
function factsOf({ accessOf, flow }: Policy, { server, name }: OriginalTool, facts?: CallFacts): CallFacts | undefined {
  if (facts === undefined) return undefined;
  const { access, labels } = facts;
  const known = access === undefined || access === 'any' ? access : accessOf(server, name, access);
  const given = flow?.labelsOf(server, name, 'tool') ?? labels;
  return {
    ...facts,
    ...(known === undefined ? {} : { access: known }),
    ...(given === undefined ? {} : { labels: given }),
  };
}

/** True where one of two decisions restricts more; what is only recorded counts before what is allowed, so that it is. */
function isStricter(one: Decision, other: Decision): boolean {
  if (one.effect !== other.effect) return STRICTNESS[one.effect] > STRICTNESS[other.effect];
  // What is asked about a combination is not answered with what is asked about a name.
  if (one.after !== undefined && other.after === undefined) return true;
  return (
    one.shadowed !== undefined &&
    (other.shadowed === undefined || (one.shadowed === 'DENY' && other.shadowed === 'ASK'))
  );
}
