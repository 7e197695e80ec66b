/** The policy part of the rules file, as data (docs/rules.md). Already validated when it arrives here. */
import type { CallArguments } from './arguments/call-arguments.ts';
import type { Expression } from './arguments/condition.ts';
import type { ArgumentMatchers } from './arguments/matcher-data.ts';

/** The kinds of things of a server that rules can tell apart, and the map of an access list that speaks of it. */
export type OfferKind = 'tool' | 'prompt' | 'resource' | 'skill';

/** Patterns over names (resources and skills: over URIs) per server pattern. */
export type OfferMap = Readonly<Record<string, readonly string[]>>;

/** A pattern over names of tools, and what their calls are like that the rule is about. */
export interface ToolRule {
  readonly tool: string;
  readonly args?: ArgumentMatchers;
  readonly when?: Expression;
}

/** Patterns over names of tools, or rules with more to say, per server pattern. */
export type ToolMap = Readonly<Record<string, readonly (string | ToolRule)[]>>;

/** The pattern of an entry in a list of tools. */
export function toolPattern(entry: string | ToolRule): string {
  return typeof entry === 'string' ? entry : entry.tool;
}

/** The access of a tool to the world, as its server or the owner says; `unknown` where neither does. */
export const ACCESS_LEVELS = ['read', 'write', 'destructive', 'unknown'] as const;
export type Access = (typeof ACCESS_LEVELS)[number];
/** Levels per server pattern. */
export type AccessMap = Readonly<Record<string, readonly Access[]>>;

export interface AccessList {
  /** Server patterns. */
  readonly servers?: readonly string[];
  readonly tools?: ToolMap;
  readonly prompts?: OfferMap;
  readonly resources?: OfferMap;
  /** A skill is named by the URI of its SKILL.md. */
  readonly skills?: OfferMap;
  /** Levels of access, by server pattern. */
  readonly access?: AccessMap;
}

/** A tool by its exact name, or one call of it. */
export type StandingAnswer = string | { readonly tool: string; readonly arguments_sha256: string };

export interface AgentRules {
  readonly allow?: AccessList;
  /** The part of the allowed about which a person is asked first. It grants nothing. */
  readonly ask?: AccessList;
  /** The tools about which nobody is asked any more: server -> tools. It grants nothing. */
  readonly approved?: Readonly<Record<string, readonly StandingAnswer[]>>;
  readonly deny?: AccessList;
  /** `shadow`: what the rules deny is recorded and happens all the same. Absent: the rules are enforced. */
  readonly enforce?: 'shadow';
}

/** A combination that leaks: a call of one label after others were touched (docs/flow.md). */
export interface FlowRule {
  /** All of these. */
  readonly after: readonly string[];
  /** The label of the call. */
  readonly call: string;
  readonly then: 'ask' | 'deny';
  /** Seconds for which a label counts outside of the session that touched it. */
  readonly window_s?: number;
}

interface RuleDefaults {
  /** A call without `agent_id` is refused unless its connection has an agent of its own. */
  readonly deny_on_missing_agent?: boolean;
  /** Tell callers which rule denied them (divergence D14). */
  readonly explain_denials?: boolean;
}

export interface PolicyRules {
  readonly agents: Readonly<Record<string, AgentRules>>;
  /** The access that the owner sets: server pattern -> tool pattern -> level. */
  readonly access?: Readonly<Record<string, Readonly<Record<string, Access>>>>;
  /** Server pattern -> tool pattern -> what such calls touch. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly flow?: readonly FlowRule[];
  readonly defaults?: RuleDefaults;
}

/** The known facts of a call besides its names. Nobody knows what is left out: then no allow that speaks of it matches, and every deny and ask. */
export interface CallFacts {
  /** `any`: the question is whether there are arguments with which it may be called. */
  readonly args?: CallArguments | 'any' | undefined;
  /** As the server says; `any`: the question is whether there is an access with which it may be called. */
  readonly access?: Access | 'any' | undefined;
  /** The labels that the server gives the tool; undefined where nobody has looked. Counts where the owner says nothing. */
  readonly labels?: readonly string[] | undefined;
  /** True for a label that the caller carries, within milliseconds; left out where rules over combinations do not matter. */
  readonly carries?: ((label: string, windowMs: number) => boolean) | undefined;
  /** The agent that calls, where it is another one than the one whose rules are asked. */
  readonly agent?: string;
  readonly principal?: string;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The decision about a question: deny beats ask beats allow. A call that is decided `ask` waits for a person. */
export type Effect = 'allow' | 'ask' | 'deny';

/** The decision, and the path of the rule that decided it, e.g. `agents.backend.deny.tools.postgres[0]`. */
export interface Decision {
  readonly effect: Effect;
  /** True where it is not denied: it may be seen, and called, if need be after somebody was asked. */
  readonly allowed: boolean;
  /** A rule path, `implicit_grant`, `default_deny` or `unknown_agent`. */
  readonly rule: string;
  /** The decision of `rule` where it takes no effect, because the agent is in shadow mode. */
  readonly shadowed?: 'ASK' | 'DENY';
  /** JSON Pointer of the argument that decided. */
  readonly pointer?: string;
  /** The labels that the caller carried, where a rule over combinations decided. */
  readonly after?: readonly string[];
  /** Hash of the definition that was decided on, where a rule speaks of what it says. */
  readonly definition?: string;
}

/** A decision to be handed out again and again. */
export function decisionOf(effect: Effect, rule: string): Decision {
  return Object.freeze({ effect, allowed: effect !== 'deny', rule });
}
