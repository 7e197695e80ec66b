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
  const detail = record.detail === undefined ? '' : `,"detail":${detailJson(record.detail, redact)}`;
  // Put together by hand: half the price of JSON.stringify, and every call pays it twice.
  const json =
    `{"timestamp":"${timestamp}","agent_id":${name(record.agent_id, redact)},` +
    `"operation":${name(record.operation, redact)},"server":${name(record.server, redact)},` +
    `"tool":${name(record.tool, redact)},"decision":"${record.decision}",` +
    `"latency_ms":${JSON.stringify(record.latency_ms)},"request_id":${name(record.request_id, redact)},` +
    `"rule":${name(record.rule, redact)},"error_code":${name(record.error_code, redact)},` +
    `"principal":${name(record.principal, redact)},"claimed_agent":${name(record.claimed_agent, redact)},` +
    `"assurance":${name(record.assurance, redact)},"phase":"${record.phase}"${detail}}`;
  const clean = redactJson(json, redact);
  return (clean === json ? json : escapeJson(clean)).slice(0, -1);
}

/** Printable ASCII without quotes and backslashes: its JSON form is itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON of a name. Redacts before it cuts: half a secret is no longer recognised. */
function name(text: string | null, redact: Redact): string {
  if (text === null) return 'null';
  const short = text.length <= MAX_NAME ? text : `${redact(text).slice(0, MAX_NAME)}[cut, ${text.length} characters]`;
  return PLAIN.test(short) ? `"${short}"` : escapeJson(JSON.stringify(short));
}

function detailJson(detail: unknown, redact: Redact): string {
  let json: string;
  try {
    json = JSON.stringify(detail);
  } catch {
    return '{"unserialisable":true}';
  }
  if (json.length <= MAX_DETAIL) return escapeJson(json);
  return escapeJson(JSON.stringify({ cut: redactJson(json, redact).slice(0, MAX_DETAIL), characters: json.length }));
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
