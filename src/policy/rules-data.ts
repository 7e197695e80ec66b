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

/** What was decided, and the path of the rule that decided it, e.g. `agents.backend.deny.tools.postgres[0]`. */
export interface Decision {
  readonly allowed: boolean;
  /** A rule path, `implicit_grant`, `default_deny` or `unknown_agent`. */
  readonly rule: string;
  /** True where `rule` denies, and it is allowed because the agent is in shadow mode. */
  readonly shadowed?: true;
}
