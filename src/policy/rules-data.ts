/** The policy part of the rules file, as data (docs/rules.md). Already validated when it arrives here. */

/** What a server offers that rules can tell apart, and the map of an access list that speaks of it. */
export type OfferKind = 'tool' | 'prompt' | 'resource';

/** Patterns over names (resources: over URIs) per server pattern. */
export type OfferMap = Readonly<Record<string, readonly string[]>>;

export interface AccessList {
  /** Server patterns. */
  readonly servers?: readonly string[];
  readonly tools?: OfferMap;
  readonly prompts?: OfferMap;
  readonly resources?: OfferMap;
}

export interface AgentRules {
  readonly allow?: AccessList;
  /** What of the allowed a person is asked about first. It grants nothing. */
  readonly ask?: AccessList;
  readonly deny?: AccessList;
  /** `shadow`: what the rules deny is recorded and happens all the same. Absent: the rules are enforced. */
  readonly enforce?: 'shadow';
}

export interface RuleDefaults {
  /** A call without `agent_id` is refused unless its connection has an agent of its own. */
  readonly deny_on_missing_agent?: boolean;
  /** Tell callers which rule denied them (divergence D14). */
  readonly explain_denials?: boolean;
}

export interface PolicyRules {
  readonly agents: Readonly<Record<string, AgentRules>>;
  readonly defaults?: RuleDefaults;
}

/** What comes of a question: deny beats ask beats allow. What is decided `ask` waits for a person. */
export type Effect = 'allow' | 'ask' | 'deny';

/** What was decided, and the path of the rule that decided it, e.g. `agents.backend.deny.tools.postgres[0]`. */
export interface Decision {
  readonly effect: Effect;
  /** True where it is not denied: it may be seen, and called, if need be after somebody was asked. */
  readonly allowed: boolean;
  /** A rule path, `implicit_grant`, `default_deny` or `unknown_agent`. */
  readonly rule: string;
  /** What `rule` says where it takes no effect, because the agent is in shadow mode. */
  readonly shadowed?: 'ASK' | 'DENY';
}

/** A decision to be handed out again and again. */
export function decisionOf(effect: Effect, rule: string): Decision {
  return Object.freeze({ effect, allowed: effect !== 'deny', rule });
}
