/** What the page gets, as types that both sides share. Times are ISO 8601, durations milliseconds. */
import type { GatewayFacts } from '../admin/control-socket.ts';
import type { QuestionReport } from '../approvals/question-text.ts';
import type { GroupCounts } from '../audit/query/call-statistics.ts';
import type { LogRecord } from '../audit/query/log-record.ts';
import type { PastRecord } from '../audit/query/recent-calls.ts';
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
  /** By server: calls, errors and durations of the last hour. */
  readonly lastHour: readonly GroupCounts[];
}

export interface RunningGateway {
  readonly gateway: GatewayFacts;
  readonly servers: readonly ServerReport[];
  readonly agents: readonly AgentSpending[];
}

/** `GET approvals` */
export type Approvals = readonly QuestionReport[];

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
  readonly matrix: AccessMatrix;
}

/** `POST rules/compare`, with the text of changed rules */
export interface Comparison {
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
