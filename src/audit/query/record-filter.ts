/** The filter of records that somebody asks for. */
import { Buffer } from 'node:buffer';
import { compilePattern, isLiteralPattern } from '../../policy/pattern.ts';
import type { CallNames } from './call-cell.ts';

/** All conditions must hold; what is left out holds for all. */
export interface RecordQuery {
  /** This name and the next three are patterns as in the rules. */
  readonly agent?: string | undefined;
  readonly server?: string | undefined;
  /** Of a tool or prompt, or the URI of a resource. */
  readonly tool?: string | undefined;
  readonly principal?: string | undefined;
  /** The path of a rule or its beginning. */
  readonly rule?: string | undefined;
  readonly code?: string | undefined;
  readonly decision?: string | undefined;
  readonly request?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export interface RecordFilter {
  /** ISO 8601; empty where there is no such limit. */
  readonly since: string;
  /** ISO 8601; undefined where there is no such limit. */
  readonly until: string | undefined;
  /** False for lines that cannot match, as far as that can be seen without reading them. */
  mayMatch(line: Buffer): boolean;
  matches(record: CallNames & { readonly timestamp: string; readonly request_id: string }): boolean;
  /** The same, but for the time and the request. */
  namesMatch(record: CallNames): boolean;
}

interface Condition {
  readonly field: keyof CallNames;
  readonly isMatch: (value: string) => boolean;
  /** The one value that matches, where there is only one. */
  readonly only?: string | undefined;
}

/** Text that a record has as it is: nothing in it is escaped. */
const PLAIN = /^[\w./:@-]+$/;

export function compileFilter(query: RecordQuery): RecordFilter {
  const { agent, server, tool, principal, rule, code, decision, request } = query;
  const conditions = [
    ...pattern('agent_id', agent),
    ...pattern('server', server),
    ...pattern('tool', tool),
    ...pattern('principal', principal),
    ...exactly('error_code', code),
    ...exactly('decision', decision),
    ...(rule === undefined ? [] : [{ field: 'rule', isMatch: (path: string) => path.startsWith(rule) } as const]),
  ];
  const needles = [...conditions.flatMap(needleOf), ...needleFor('request_id', request)];
  const since = query.since === undefined ? '' : new Date(query.since).toISOString();
  const until = query.until === undefined ? undefined : new Date(query.until).toISOString();
  const namesMatch = (record: CallNames): boolean =>
    conditions.every(({ field, isMatch }) => isMatch(record[field] ?? ''));
  return {
    since,
    until,
    namesMatch,
    mayMatch: (line) => needles.every((needle) => line.includes(needle)),
    matches: (record) =>
      record.timestamp >= since &&
      (until === undefined || record.timestamp < until) &&
      (request === undefined || record.request_id === request) &&
      namesMatch(record),
  };
}

function pattern(field: keyof CallNames, source: string | undefined): Condition[] {
  if (source === undefined) return [];
  return [{ field, isMatch: compilePattern(source), only: isLiteralPattern(source) ? source : undefined }];
}

function exactly(field: keyof CallNames, wanted: string | undefined): Condition[] {
  return wanted === undefined ? [] : [{ field, isMatch: (value) => value === wanted, only: wanted }];
}

/**
 * The text that both records of a matching call have; its end alone can have a code, or a decision that is not ALLOW, and its
 * beginning need not be read then.
 */
function needleOf({ field, only }: Condition): Buffer[] {
  return needleFor(field, only);
}

function needleFor(field: string, only: string | undefined): Buffer[] {
  if (only === undefined || !PLAIN.test(only) || only === 'ALLOW') return [];
  return [Buffer.from(`"${field}":"${only}"`)];
}
