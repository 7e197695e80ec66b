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

/**
 * Writes records as JSON without the closing brace, ready for the chain. Nothing in it can break or reorder the line. Most calls
 * are by the same caller to the same tool as another one just before: their part of the text is made once.
 */
export function createBodies(redact: Redact): (record: AuditRecord, timestamp: string) => string {
  let last: AuditRecord | undefined;
  let what = '';
  let who = '';
  return (record, timestamp) => {
    if (last === undefined || !isAbout(record, last)) {
      // What is cut was redacted first, and tomorrow there may be other secrets.
      last = isCut(record) ? undefined : record;
      what = names(record, WHAT, redact);
      who = names(record, WHO, redact);
    }
    const detail = record.detail === undefined ? '' : `,"detail":${detailJson(record.detail, redact)}`;
    const { latency_ms: ms } = record;
    // Put together by hand: half the price of JSON.stringify, and every call pays it twice.
    const json =
      `{"timestamp":"${timestamp}",${what},"decision":"${record.decision}",` +
      `"latency_ms":${Number.isFinite(ms) ? ms : null},"request_id":${name(record.request_id, redact)},` +
      `${who},"phase":"${record.phase}"${detail}`;
    return redact(json) === json ? json : escapeJson(redactJson(`${json}}`, redact)).slice(0, -1);
  };
}

const WHAT = ['agent_id', 'operation', 'server', 'tool'] as const;
const WHO = ['rule', 'error_code', 'principal', 'claimed_agent', 'assurance'] as const;
type Name = (typeof WHAT)[number] | (typeof WHO)[number];

/** Whether all names are the same. Not a loop: it would look up each by its key. */
function isAbout(record: AuditRecord, other: AuditRecord): boolean {
  return (
    record.agent_id === other.agent_id &&
    record.operation === other.operation &&
    record.server === other.server &&
    record.tool === other.tool &&
    record.rule === other.rule &&
    record.error_code === other.error_code &&
    record.principal === other.principal &&
    record.claimed_agent === other.claimed_agent &&
    record.assurance === other.assurance
  );
}

function isCut(record: AuditRecord): boolean {
  return [...WHAT, ...WHO].some((key) => (record[key]?.length ?? 0) > MAX_NAME);
}

function names(record: AuditRecord, keys: readonly Name[], redact: Redact): string {
  return keys.map((key) => `"${key}":${name(record[key], redact)}`).join(',');
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

/** What follows the body up to the hash: with the body it is what is hashed. */
export function placeText({ writer, seq, prev, torn }: Place): string {
  const fragments = torn === 0 ? '' : `,"torn":${torn}`;
  return `${fragments},"writer":"${writer}","seq":${seq},"prev":"${prev}"`;
}

/** What ends a line, without its line feed. */
export function hashText(digest: string): string {
  return `,"hash":"${digest}"}`;
}

/** Lower-case hex SHA-256 of what is hashed. */
export function digestOf(head: string | Uint8Array): string {
  return hash('sha256', head, 'hex');
}
