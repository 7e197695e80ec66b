/**
 * The text of one record in the log.
 *
 * A line ends in `,"writer":W,"seq":N,"prev":P,"hash":H}`. H is the lower-case hex SHA-256 of the line's UTF-8 bytes up to,
 * not including, `,"hash":`; P is the H of the line that the same writer wrote before, 64 zeros in its first line; N counts
 * from 1 without gaps. A changed line does not match its own H; a removed one is missing between N and P of its neighbours.
 * The hashes have no key: whoever may write the file can write a whole new chain. What they cannot do is change the past of a
 * log of which somebody kept a later line.
 */
import { hash } from 'node:crypto';
import { escapeJson } from '../observe/escape.ts';
import { redactJson } from '../observe/redact.ts';
import type { AuditRecord } from './record.ts';

/** `prev` of a writer's first line. */
export const FIRST_PREV = '0'.repeat(64);
/** Names are cut after this many UTF-16 code units. Every name that a rule can match is shorter. */
const MAX_NAME = 512;
/** `detail` is cut after this many characters of JSON. */
const MAX_DETAIL = 8192;

type Redact = (text: string) => string;

/** The record as JSON without the closing brace, ready for `chain`. Nothing in it can break or reorder the line. */
export function lineBody(record: AuditRecord, timestamp: string, redact: Redact): string {
  const fields = {
    timestamp,
    agent_id: clip(record.agent_id, redact),
    operation: clip(record.operation, redact),
    server: clip(record.server, redact),
    tool: clip(record.tool, redact),
    decision: record.decision,
    latency_ms: record.latency_ms,
    request_id: clip(record.request_id, redact),
    rule: clip(record.rule, redact),
    error_code: clip(record.error_code, redact),
    principal: clip(record.principal, redact),
    claimed_agent: clip(record.claimed_agent, redact),
    assurance: clip(record.assurance, redact),
    phase: record.phase,
    detail: undefined,
    // A field added to the record must be added here: this does not compile without it.
  } satisfies Record<keyof AuditRecord | 'timestamp', unknown>;
  const detail = record.detail === undefined ? '' : `,"detail":${detailJson(record.detail, redact)}`;
  const json = `${JSON.stringify(fields).slice(0, -1)}${detail}}`;
  return escapeJson(redactJson(json, redact)).slice(0, -1);
}

/** Redacts before it cuts: half a secret is no longer recognised. */
function clip(name: string | null, redact: Redact): string | null {
  if (name === null || name.length <= MAX_NAME) return name;
  return `${redact(name).slice(0, MAX_NAME)}[cut, ${name.length} characters]`;
}

function detailJson(detail: unknown, redact: Redact): string {
  let json: string;
  try {
    json = JSON.stringify(detail);
  } catch {
    return '{"unserialisable":true}';
  }
  if (json.length <= MAX_DETAIL) return json;
  return JSON.stringify({ cut: redactJson(json, redact).slice(0, MAX_DETAIL), characters: json.length });
}

/** Where a line stands in the chain of its writer. */
export interface Place {
  readonly writer: string;
  /** Counts from 1. */
  readonly seq: number;
  readonly prev: string;
  /** Fragments that this writer left in the file since its last line, because the disk cut a write off. */
  readonly torn: number;
}

/** The whole line without its line feed, and its hash. */
export function chain(body: string, place: Place): { readonly line: string; readonly hash: string } {
  const torn = place.torn === 0 ? '' : `,"torn":${place.torn}`;
  const head = `${body}${torn},"writer":"${place.writer}","seq":${place.seq},"prev":"${place.prev}"`;
  const digest = hash('sha256', head, 'hex');
  return { line: `${head},"hash":"${digest}"}`, hash: digest };
}
