/** The calls that rules over combinations hold up, by what their caller carries; and how two sets of such rules differ. Pure. */
import type { Policy } from '../compile-rules.ts';
import type { PolicyRules } from '../rules-data.ts';
import type { Outcomes, ToolsByServer } from './changed-decisions.ts';

/** Labels that somebody carries, and for how long at most. */
interface Carried {
  readonly labels: readonly string[];
  readonly within_s: number;
}

interface CalledTool {
  readonly server: string;
  /** Null for a server whose tools are not known. */
  readonly tool: string | null;
}

/** A call that is asked about or denied after these labels were touched. */
export type HeldCall = Carried & CalledTool & Outcomes;

export interface ChangedFlow {
  readonly stops: readonly (Carried & CalledTool & { readonly before: Outcomes; readonly after: Outcomes })[];
  /** Labels of tools. */
  readonly labels: readonly (CalledTool & { readonly before: readonly string[]; readonly after: readonly string[] })[];
}

const ANYBODY = 'anybody';
const OUTCOMES = { allow: 'ALLOW', ask: 'ASK', deny: 'DENY' } as const;

/** The rules over combinations alone: one agent, which may use everything. */
export function flowRulesOf({ labels, flow }: PolicyRules): PolicyRules {
  return {
    agents: { [ANYBODY]: { allow: { servers: ['*'] } } },
    ...(labels === undefined ? {} : { labels }),
    ...(flow === undefined ? {} : { flow }),
  };
}

/** @param policy of `flowRulesOf` */
export function heldCalls(policy: Policy, tools: ToolsByServer): readonly HeldCall[] {
  return byAge(carriedBy([policy]), tools, (carried, call) => {
    const found = outcomeOf(policy, carried, call);
    return found.outcome === 'ALLOW' ? undefined : found;
  });
}

/** @param before of `flowRulesOf`, as `after` */
export function changedFlow(before: Policy, after: Policy, tools: ToolsByServer): ChangedFlow {
  const stops = byAge(carriedBy([before, after]), tools, (carried, call) => {
    const [old, now] = [outcomeOf(before, carried, call), outcomeOf(after, carried, call)];
    return old.outcome === now.outcome ? undefined : { before: old, after: now };
  });
  const labels = calls(tools).flatMap((call) => {
    const [old, now] = [labelsOf(before, call), labelsOf(after, call)];
    return String(old) === String(now) ? [] : [{ ...call, before: old, after: now }];
  });
  return { stops, labels };
}

/** Each set of labels that a rule names, with each window of one, short ones first. */
function carriedBy(policies: readonly Policy[]): readonly (readonly Carried[])[] {
  const rules = policies.flatMap(({ flow }) => flow?.rules ?? []);
  const windows = [...new Set(rules.map(({ windowMs }) => windowMs / 1000))].sort((one, other) => one - other);
  const sets = new Map(
    rules.map(({ after }) => {
      const labels = [...new Set(after)].sort();
      return [JSON.stringify(labels), labels];
    }),
  );
  return [...sets.values()].map((labels) => windows.map((within_s) => ({ labels, within_s })));
}

/** The outcome for each set and each tool; where it is the same for several windows, once, with the longest. */
function byAge<T extends object>(
  sets: readonly (readonly Carried[])[],
  tools: ToolsByServer,
  find: (carried: Carried, call: CalledTool) => T | undefined,
): (Carried & CalledTool & T)[] {
  return sets.flatMap((ages) =>
    calls(tools).flatMap((call) => {
      const found = new Map<string, Carried & CalledTool & T>();
      for (const carried of ages) {
        const one = find(carried, call);
        if (one !== undefined) found.set(JSON.stringify(one), { ...carried, ...call, ...one });
      }
      return [...found.values()];
    }),
  );
}

function calls(tools: ToolsByServer): CalledTool[] {
  return [...tools].flatMap(([server, names]) => (names ?? [null]).map((tool) => ({ server, tool })));
}

function outcomeOf(policy: Policy, { labels, within_s }: Carried, { server, tool }: CalledTool): Outcomes {
  const carries = (label: string, windowMs: number): boolean => labels.includes(label) && within_s * 1000 <= windowMs;
  const { effect, rule } = policy.judge(ANYBODY, server, tool ?? undefined, 'tool', { carries });
  return { outcome: OUTCOMES[effect], rule };
}

function labelsOf({ flow }: Policy, { server, tool }: CalledTool): readonly string[] {
  return [...(flow?.labelsOf(server, tool ?? undefined, 'tool') ?? [])].sort();
}
