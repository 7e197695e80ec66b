/** The data that the page gets, as types that both sides share. Times are ISO 8601, durations milliseconds. */
import type { GatewayFacts } from '../admin/control-socket.ts';
import type { QuestionReport } from '../approvals/question-text.ts';
import type { GroupCounts } from '../audit/query/call-statistics.ts';
import type { LogRecord } from '../audit/query/log-record.ts';
import type { PastRecord } from '../audit/query/recent-calls.ts';
import type { DefinitionChange } from '../catalog/lock/compare-with-lock.ts';
import type { FieldChange } from '../catalog/lock/field-changes.ts';
import type { Finding } from '../catalog/scan/finding.ts';
import type { AgentSpending } from '../operations/spending.ts';
import type { AccessMatrix } from '../policy/authoring/access-matrix.ts';
import type { Outcomes } from '../policy/authoring/changed-decisions.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';

/** `GET now` */
export interface Now {
  readonly mayWrite: boolean;
  readonly gateways: readonly RunningGateway[];
  /** Number of calls that wait for a person. */
  readonly waiting: number;
  /** Number of servers with definitions that are held back until somebody accepts them. */
  readonly held: number;
  readonly hour: LastHour;
}

/** The records of the last hour. */
export interface LastHour {
  /** ISO 8601. Less than an hour ago where there were more calls than can be looked through. */
  readonly since: string;
  /** The calls of each of the 60 minutes, oldest first. */
  readonly minutes: readonly CallCounts[];
  readonly servers: readonly ServerHour[];
}

export interface CallCounts {
  readonly calls: number;
  readonly denied: number;
  readonly errors: number;
}

export interface ServerHour extends CallCounts {
  /** Null for calls that named none. */
  readonly server: string | null;
  /** Milliseconds, of calls that were let through; null where there are none. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

export interface RunningGateway {
  readonly gateway: GatewayFacts;
  readonly servers: readonly ServerReport[];
  readonly agents: readonly AgentSpending[];
}

/** `GET approvals` */
export type ApprovalsReport = readonly QuestionReport[];

/** `GET calls` */
export interface Calls {
  readonly calls: readonly PastRecord[];
  /** True where there are more of them. */
  readonly isCut: boolean;
}

/** `GET calls/:id` */
export type RequestRecords = readonly LogRecord[];

/** A line of `GET feed`. */
export interface Feed {
  /** The newest of the calls that ended since the last line. */
  readonly calls: readonly LogRecord[];
  /** Calls that ended too, and are not in it. */
  readonly skipped: number;
}

/** `GET stats` */
export type Stats = readonly GroupCounts[];

/** `GET rules` */
export interface Rules {
  readonly path: string;
  readonly text: string;
  readonly matrix: MatrixData;
}

/** The agents, and what each of them may use. */
export interface MatrixData extends Pick<AccessMatrix, 'agents' | 'shadow' | 'unknown'> {
  /** The kinds of the cells, by their numbers. */
  readonly outcomes: readonly Outcomes[];
  readonly rows: readonly MatrixLine[];
  /** True where only servers are in it, because all tools would be too much. */
  readonly isCut: boolean;
}

/** `GET rules/tools/:server` has those of one server. */
export interface MatrixLine {
  readonly server: string;
  /** Null for the server as such. */
  readonly tool: string | null;
  /** The place in `outcomes`, one for each agent. */
  readonly cells: readonly number[];
}

/** `POST rules/compare`, with the text of changed rules */
export interface RulesComparison {
  /** The reason why the text is no rules file: a sentence each. Empty where it is. */
  readonly problems: readonly string[];
  readonly tools: readonly Change[];
  /** Past calls of the last week. */
  readonly calls: readonly (Change & { readonly count: number })[];
}

export interface Change {
  readonly agent: string;
  readonly server: string;
  readonly name: string | null;
  readonly kind: string;
  readonly before: Outcomes;
  readonly after: Outcomes;
}

/** `GET definitions`, an entry for each server */
export interface ServerDefinitions {
  readonly server: string;
  readonly mode: 'record' | 'quarantine' | 'exact';
  readonly isLocked: boolean;
  /** Number of definitions that are as they were accepted. */
  readonly accepted: number;
  /** Number of those that are not. */
  readonly changes: number;
  /** The number of them that agents do not get until somebody accepts them. */
  readonly held: number;
}

/** `GET definitions/:server` */
export interface ServerDefinitionChanges {
  readonly server: string;
  /** The id of all that is shown here: with it, nothing else is accepted. */
  readonly state: string;
  readonly changes: readonly ChangedDefinition[];
}

export interface ChangedDefinition {
  /** `tool`, `prompt`, `template`, `instructions`, `launch` or `package`. */
  readonly kind: string;
  readonly name: string;
  readonly what: DefinitionChange['what'];
  /** The new name of one that was renamed. */
  readonly to?: string;
  readonly isHeld: boolean;
  readonly isBeforeKnown: boolean;
  readonly fields: readonly FieldChange[];
  readonly findings: readonly Finding[];
}

/** `GET servers/:name/sign-ins`: one for each principal that is signed in, or one that says why there is none */
export interface SignInReport {
  readonly server: string;
  /** `over`: it cannot be renewed any more. `header`: the entry has an `Authorization` header. `none`: nobody is signed in, which the server may not need. */
  readonly state: 'signed-in' | 'over' | 'unreadable' | 'none' | 'header';
  readonly credentials?: 'gateway' | 'per-principal';
  readonly principal?: string;
  readonly issuer?: string;
  readonly client_id?: string;
  readonly scopes?: readonly string[];
  /** ISO 8601, of the token in use. */
  readonly expires_at?: string;
  /** True if it is renewed without a person. */
  readonly renews?: boolean;
}

/** `POST servers/:name/sign-in` */
export interface SignInLinkReport {
  /** The page that the person opens; undefined where nobody has to. */
  readonly url?: string;
  /** Host of the authorization server. */
  readonly where?: string;
}
